// SPDX-License-Identifier: LGPL-2.1-or-later
// Why a compile would not, or did not, bring a bake. Pure.
#pragma once

#include <optional>
#include <vector>

#include "model/compile.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// Each stands in the way of any compile.
std::vector<model::Reason> judge_lacks(const std::vector<model::Lack>& lacks);

/// Absent: it made a bake.
std::optional<model::Reason> judge_attempt(const model::RebuildAttempt& attempt);

model::Reason judge_failed(const model::FailedBuild& failed);

} // namespace gpuboot::decide
