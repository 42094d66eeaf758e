// SPDX-License-Identifier: LGPL-2.1-or-later
// The watch phase: as long as GPUs are ready, hears what the driver says of them in the kernel's
// log, where a removal that waits for a process is told and nowhere else, and looks for MIG
// instances that come or go, of which nothing tells.
#pragma once

#include "flow/phase.hpp"

namespace gpuboot::flow {

/// Reads `kmsg` record by record until it ends; /dev/kmsg never does. A GPU in trouble is reported
/// as not ready, with the processes that have it open, and no container gets it any more.
Result<void> watch(const Machine& machine, int kmsg);

} // namespace gpuboot::flow
