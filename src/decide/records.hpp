// SPDX-License-Identifier: LGPL-2.1-or-later
// What the records of earlier boots mean for this one, and which steps bring them up to date. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/facts.hpp"
#include "model/plan.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// Why a bake is not to be loaded again on this kernel: a record says so, or the machine died over
/// it twice. Empty: nothing speaks against it.
std::vector<model::Reason> judge_records(const model::Facts& facts, std::string_view bake);

/// One reason for each bake that is kept from this kernel; a person should know of it even when
/// another one serves.
std::vector<model::Reason> judge_all_records(const model::Facts& facts);

/// The note before the first load ever of this bake; none when it was seen to work.
model::Plan plan_trial(const model::Facts& facts, const std::string& bake);

/// What a phase begins with: broken records go, a deadly trial becomes a bad mark.
model::Plan plan_records(const model::Facts& facts, const std::string& when);

/// The kernel refused `bake`, and facts tell how: the machine lives, so the trial ends; and the
/// bake is marked where nothing but the bake can be at fault.
model::Plan plan_refused(const model::Facts& facts, const std::string& bake,
                         const std::string& when);

/// Whatever became of its load, the machine lives: the trial is over.
model::Plan plan_survived(const model::Facts& facts, const std::string& bake);

/// The active bake serves: its trial ends and it is the last good one. Empty when that is noted.
model::Plan plan_good(const model::Facts& facts);

/// The active bake's GPUs do not open. One that never served is marked with `why` when another
/// fits; one that has served is not: then it is the hardware that has changed.
model::Plan plan_failed(const model::Facts& facts, const std::string& why, const std::string& when);

/// The driver of a marked bake is live and another fits: all of it is unloaded.
model::Plan plan_retire(const model::Facts& facts);

/// A bake of the store that fits and is not `bake`: "" when there is none.
std::string other_fit(const model::Facts& facts, std::string_view bake);

} // namespace gpuboot::decide
