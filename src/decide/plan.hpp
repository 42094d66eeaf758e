// SPDX-License-Identifier: LGPL-2.1-or-later
// Facts and verdict -> Plan. Pure.
#pragma once

#include <string_view>

#include "model/devices.hpp"
#include "model/facts.hpp"
#include "model/plan.hpp"
#include "model/verdict.hpp"

namespace gpuboot::decide {

/// What the check phase does about a verdict; empty when there is nothing to do.
model::Plan plan(const model::Facts& facts, const model::Verdict& verdict);

/// Takes a bake back whose load failed half-way: all of it goes, or the next verdict says which
/// module stayed. `live` is what runs now, `before` what ran before the plan.
model::Plan plan_undo(const std::vector<std::string>& before, const std::vector<std::string>& live);

/// The device nodes and /dev/char links the driver needs that are not right yet. With an
/// `address`, those of this one GPU alone.
model::Plan plan_nodes(const model::DeviceFacts& facts, std::string_view address = "");

/// Asks the driver itself whether it serves: all its GPUs, or the one with this address.
model::Plan plan_test(const model::DeviceFacts& facts, const model::Policy& policy,
                      std::string_view address = "");

/// From a passed test to ready: what containers are given, the critical units, the stamp, the
/// deferred.
model::Plan plan_ready(const model::DeviceFacts& facts, const model::Policy& policy);

} // namespace gpuboot::decide
