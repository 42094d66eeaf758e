// SPDX-License-Identifier: LGPL-2.1-or-later
// What a container runtime lacks to give containers a GPU, and the steps that change that. Pure.
#pragma once

#include <vector>

#include "model/plan.hpp"
#include "model/reason.hpp"
#include "model/report.hpp"
#include "model/runtimes.hpp"

namespace gpuboot::decide {

/// None of these fails the machine: its GPUs are ready for what runs outside of containers.
std::vector<model::Reason> judge_runtimes(const std::vector<model::RuntimeFacts>& runtimes);

/// Of the steps that were to configure runtimes, those that failed; `done` has one report for each
/// step of the plan.
std::vector<model::Reason> judge_configured(const model::Plan& plan,
                                            const std::vector<model::StepReport>& done);

/// Nothing for a runtime that has CDI on, by its version or its configuration, and nothing against
/// an operator who has switched it off.
model::Plan plan_runtimes(const std::vector<model::RuntimeFacts>& runtimes);

} // namespace gpuboot::decide
