// SPDX-License-Identifier: LGPL-2.1-or-later
// What is still wrong about the devices, and what a failed step means. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/devices.hpp"
#include "model/plan.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// The node every served GPU and every live module of the driver needs.
std::vector<model::MakeNode> wanted_nodes(const model::DeviceFacts& facts,
                                          std::string_view address = "");

/// Empty: nodes, links and bindings are right. GPUs held by another driver are left alone, and
/// are no flaw.
std::vector<model::Reason> judge_devices(const model::DeviceFacts& facts,
                                         std::string_view address = "");

/// What the readiness test remarked although it was passed, "inforom NODE: WORDS"; of any other
/// line nothing is known.
std::vector<model::Reason> reasons_of(const std::vector<std::string>& remarks);

/// Whether a machine with this reason is not ready. One GPU that no driver serves does not fail
/// the others (F-92).
bool fails_the_machine(const model::Reason& reason, const model::DeviceFacts& facts);

/// The reason that a step's failure is.
model::Reason reason_of(const model::Step& step, const std::string& error);

} // namespace gpuboot::decide
