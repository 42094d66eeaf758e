// SPDX-License-Identifier: LGPL-2.1-or-later
// Which kernel the boot loader takes when nobody chooses one, and the others that it could take.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::model {

enum class BootLoader { None, Grub, SystemdBoot };

std::string_view to_text(BootLoader loader); ///< "GRUB", "systemd-boot", "no known boot loader"

struct BootEntry {
    std::string kernel; ///< its release
    std::string id;     ///< as the loader's default takes it: "submenu>entry" in GRUB

    bool operator==(const BootEntry&) const = default;
};

struct BootChoice {
    BootLoader loader = BootLoader::None;
    std::string file; ///< where the default stands: grubenv, or loader.conf
    /// The first of each kernel, in the loader's order: the first of all boots unless told
    /// otherwise.
    std::vector<BootEntry> entries{};
    std::string set;        ///< the default as it stands in `file`; "" when none does
    std::string kernel;     ///< which one that leads to; "" when to none of the entries
    std::string obstacle{}; ///< why a default in `file` would not be heeded; "" when it would
    std::string flaw{};     ///< what could not be read: nothing above is known then

    bool operator==(const BootChoice&) const = default;
};

} // namespace gpuboot::model
