// SPDX-License-Identifier: LGPL-2.1-or-later
// Facts -> Verdict. Pure: no clock, file, log or library.
#pragma once

#include <optional>
#include <vector>

#include "model/facts.hpp"
#include "model/verdict.hpp"

namespace gpuboot::decide {

/// The first of these that holds decides; the reasons say why:
///   opted out; no GPU, or every one set aside for guests (idle); no usable pin; a wedged module;
///   another driver that runs and cannot make way (blocked); the pinned driver live and bound
///   (ready); a bake that fits (fast: of several the one whose id sorts last, on every boot the
///   same, and of one id in both stores the local one, which is listed last); a load that no
///   compile can cure (blocked); a compile may help (rebuild); blocked.
model::Verdict judge(const model::Facts& facts);

/// The verdict that no bake could change; absent: the bakes decide.
std::optional<model::Verdict> judge_machine(const model::Facts& facts);

/// Why this bake does not fit; empty: it does.
std::vector<model::Reason> judge_bake(const model::Facts& facts, const model::BakeFact& bake);

} // namespace gpuboot::decide
