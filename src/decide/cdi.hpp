// SPDX-License-Identifier: LGPL-2.1-or-later
// Which GPUs a container can be given, and what it gets with them. Pure.
#pragma once

#include <optional>
#include <vector>

#include "model/cdi.hpp"
#include "model/devices.hpp"
#include "model/plan.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// Absent: the driver serves no GPU whose node is right, or another spec speaks for them already.
/// Names only nodes that are there and right.
std::optional<model::CdiSpec> cdi_spec(const model::DeviceFacts& facts);

/// Writes the spec, or takes away one that would be wrong.
model::Plan plan_cdi(const model::DeviceFacts& facts);

/// Two specs for the same GPUs must not stand side by side: runtimes refuse both (P11).
std::vector<model::Reason> judge_cdi(const model::DeviceFacts& facts);

} // namespace gpuboot::decide
