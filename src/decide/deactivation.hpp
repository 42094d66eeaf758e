// SPDX-License-Identifier: LGPL-2.1-or-later
// A driver of ours that is to go while the machine runs: whether it can, and the steps, all or
// nothing. A driver that somebody else loaded stays. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/facts.hpp"
#include "model/plan.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// Who works with the GPUs and would lose by it; empty: it can go. `facts.running` is whole.
std::vector<model::Reason> judge_deactivation(const model::Facts& facts);

/// Every unit that has to be stopped where it runs, those that stand on others first.
std::vector<std::string> dependent_units(const model::Policy& policy);

/// What can fail, before anything is removed. `running`: those of the dependent units that run.
model::Plan plan_release(const model::Facts& facts, const std::vector<std::string>& running);

/// Takes back what a `plan_release` that failed has done. `live`: the modules that are left.
model::Plan plan_resume(const model::Facts& facts, const std::vector<std::string>& running,
                        const std::vector<std::string>& live);

/// After it: the link, what the loader knows, and `paths`, the nodes and links that are left.
model::Plan plan_removal(const model::Facts& facts, const std::vector<std::string>& paths);

} // namespace gpuboot::decide
