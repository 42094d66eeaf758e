// SPDX-License-Identifier: LGPL-2.1-or-later
// The verdict: what the facts mean, with every reason that led to it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/reason.hpp"

namespace gpuboot::model {

enum class VerdictKind {
    Ready,    ///< the pinned driver is live and bound
    Fast,     ///< a bake fits: activate and load it
    Fetch,    ///< none fits here, a depot may hold one
    Rebuild,  ///< none fits, a compile can cure that
    Idle,     ///< no GPU: the bake stays inert
    OptedOut, ///< the operator wants no driver from us
    Blocked,  ///< nothing that gpuboot may do helps: a person has to act
};

inline constexpr std::array verdict_kinds{
    VerdictKind::Ready, VerdictKind::Fast,     VerdictKind::Fetch,  VerdictKind::Rebuild,
    VerdictKind::Idle,  VerdictKind::OptedOut, VerdictKind::Blocked};

std::string_view to_text(VerdictKind kind);
std::optional<VerdictKind> verdict_kind_of(std::string_view text);

struct Verdict {
    VerdictKind kind = VerdictKind::Blocked;
    std::string bake; ///< id of the bake that fits or runs; "" when none does
    std::vector<Reason> reasons;

    bool operator==(const Verdict&) const = default;
};

} // namespace gpuboot::model
