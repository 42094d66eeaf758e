// SPDX-License-Identifier: LGPL-2.1-or-later
// What a check keeps for later boots (records) and what it makes of what earlier ones kept.
#pragma once

#include "execute/executor.hpp"
#include "flow/acting.hpp"
#include "flow/phase.hpp"
#include "input/gather.hpp"

namespace gpuboot::flow {

/// Brings the records up to date, and takes back a driver whose bake was marked bad while it ran.
/// Records that the disk does not take change nothing about this boot (F-25).
Result<void> put_records_right(const Machine& machine, input::World& world,
                               execute::Executor& executor, Run& run, const LookAgain& look_again);

/// A load was refused for good in this boot, as `facts` know: the machine lives, so the trial is
/// over; and what the kernel said of the bake itself is kept.
void keep_refusal(execute::Executor& executor, Run& run, const model::Facts& facts,
                  const execute::Failure& failure);

} // namespace gpuboot::flow
