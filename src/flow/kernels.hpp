// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernels that are installed, and the bakes that are made for new ones while nobody waits. The
// queue lies on disk: what a reboot interrupts goes on behind the next boot.
#pragma once

#include <string>
#include <vector>

#include "flow/bake.hpp"
#include "flow/phase.hpp"
#include "model/kernel_state.hpp"

namespace gpuboot::flow {

/// Each kernel with modules in the tree's /lib/modules, oldest name first, and the running one.
Result<std::vector<model::KernelState>> look_at_kernels(const Root& root);

/// The same as a file for the daemon. What cannot be told is told by nobody: no boot waits for it.
void tell_kernels(const Machine& machine);

/// A bake for it is to be made; it is on disk when this returns. BadInput for what is no release.
Result<void> queue_kernel(execute::Effects& effects, const std::string& kernel);

struct Prebaked {
    std::string kernel;
    Result<BakeResult> baked;
};

/// One after the other; none on a machine that has no GPU, or wants no driver. Off the queue goes
/// what was made, what fails whenever it is tried, and what is installed no more; the rest waits
/// for the next run, as a kernel whose headers come later.
Result<std::vector<Prebaked>> serve_queue(const Machine& machine, const BakeOptions& options);

} // namespace gpuboot::flow
