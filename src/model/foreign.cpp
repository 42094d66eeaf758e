// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/foreign.hpp"

namespace gpuboot::model {

std::string_view to_text(ForeignKind kind) {
    switch (kind) {
    case ForeignKind::Modules: return "modules";
    case ForeignKind::Dkms: return "dkms";
    case ForeignKind::Marker: return "marker";
    case ForeignKind::Libraries: return "libraries";
    case ForeignKind::Initramfs: return "initramfs";
    case ForeignKind::AksGpu: return "aks-gpu";
    }
    return "modules";
}

std::optional<ForeignKind> foreign_kind_of(std::string_view text) {
    for (ForeignKind kind : foreign_kinds)
        if (text == to_text(kind)) return kind;
    return std::nullopt;
}

std::optional<ForeignKind> removable_kind_of(std::string_view text) {
    const auto kind = foreign_kind_of(text);
    return kind == ForeignKind::Initramfs ? std::nullopt : kind;
}

std::string why_not_removable(std::string_view text) {
    std::string found = "\"" + std::string(text) + "\"";
    if (foreign_kind_of(text) == ForeignKind::Initramfs)
        found += ", which is told but never edited: a damaged initramfs boots no machine, and "
                 "update-initramfs -u makes it anew";
    return found;
}

} // namespace gpuboot::model
