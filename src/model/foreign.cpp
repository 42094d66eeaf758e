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
    }
    return "modules";
}

std::optional<ForeignKind> foreign_kind_of(std::string_view text) {
    for (ForeignKind kind : foreign_kinds)
        if (text == to_text(kind)) return kind;
    return std::nullopt;
}

} // namespace gpuboot::model
