// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of the driver that are not gpuboot's. They are told, adopted when a person asks, and
// removed only where a person or policy says so; none makes a bake unfit.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace gpuboot::model {

enum class ForeignKind {
    Modules,   ///< modules in a folder of /lib/modules/KERNEL
    Dkms,      ///< a registration in /var/lib/dkms
    Marker,    ///< an older tool's /opt/azure/aks-gpu/dkms-marker
    Libraries, ///< a line in /etc/ld.so.conf.d that leads to relocated libraries
    Initramfs, ///< modules inside an initramfs of this kernel
    AksGpu,    ///< what else the tool aks-gpu lays down; told only where it is to be removed
};

inline constexpr std::array foreign_kinds{ForeignKind::Modules,   ForeignKind::Dkms,
                                          ForeignKind::Marker,    ForeignKind::Libraries,
                                          ForeignKind::Initramfs, ForeignKind::AksGpu};

std::string_view to_text(ForeignKind kind);
std::optional<ForeignKind> foreign_kind_of(std::string_view text);

/// The words by which removal can be asked for, as an error lists them.
inline constexpr std::string_view removable_words = "modules, dkms, marker, libraries or aks-gpu";
/// Absent for a word that is none of them. An initramfs is never edited.
std::optional<ForeignKind> removable_kind_of(std::string_view text);
/// `"TEXT"` as the finding of an error, with the reason where there is one to give.
std::string why_not_removable(std::string_view text);

struct Foreign {
    ForeignKind kind = ForeignKind::Modules;
    std::string path;
    std::string version; ///< of the driver; "" when it does not say
    std::string detail;  ///< "5 modules", "built for 6.1.0-50-cloud-amd64"; may be ""
    std::string flaw;    ///< why it cannot be read as what it claims to be; "" when it can

    bool operator==(const Foreign&) const = default;
};

} // namespace gpuboot::model
