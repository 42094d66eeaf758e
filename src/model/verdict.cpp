// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/verdict.hpp"

namespace gpuboot::model {

std::string_view to_text(VerdictKind kind) {
    switch (kind) {
    case VerdictKind::Ready: return "ready";
    case VerdictKind::Fast: return "fast";
    case VerdictKind::Fetch: return "fetch";
    case VerdictKind::Rebuild: return "rebuild";
    case VerdictKind::Idle: return "idle";
    case VerdictKind::OptedOut: return "opted_out";
    case VerdictKind::Blocked: return "blocked";
    }
    return "blocked";
}

std::optional<VerdictKind> verdict_kind_of(std::string_view text) {
    for (VerdictKind kind : verdict_kinds)
        if (text == to_text(kind)) return kind;
    return std::nullopt;
}

} // namespace gpuboot::model
