// SPDX-License-Identifier: LGPL-2.1-or-later
// The init phase: device nodes and links, the readiness test, critical units, the ready stamp,
// deferred units.
#pragma once

#include "flow/phase.hpp"
#include "model/devices.hpp"

namespace gpuboot::flow {

/// The verdict is "ready" only when the GPU really is: nodes right, test passed, units active.
Result<model::Report> init(const Machine& machine);

/// Per GPU what the driver and /dev say; one that `reasons` name is not ready.
std::vector<model::GpuReport> report_gpus(const model::DeviceFacts& devices,
                                          const std::vector<model::Reason>& reasons);

/// Init found that another bake is to take over: a check has to run, and then init once more.
bool recheck_is_wanted(const Root& root);

} // namespace gpuboot::flow
