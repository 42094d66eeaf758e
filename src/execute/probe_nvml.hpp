// SPDX-License-Identifier: LGPL-2.1-or-later
// What gpuboot-probe asks NVML, which it opens only then. Both print to stderr why not, in one
// line, and return the program's exit status.
#pragma once

#include <string_view>

namespace gpuboot::probe {

/// Whether NVML counts this many GPUs. Prints a line for each whose infoROM is corrupted.
int count_gpus(std::string_view wanted);

/// Waits until every GPU that is part of an NVLink fabric has been taken into it, at most so many
/// seconds: a fabric manager that runs has not yet done that (nvmlDeviceGetGpuFabricInfo). 0 as
/// well where NVML is not installed, since whatever uses a fabric comes with it, and where it is
/// too old to be asked or its GPUs are in none (before Hopper the driver does not tell).
int wait_for_fabric(std::string_view seconds);

} // namespace gpuboot::probe
