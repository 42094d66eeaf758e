// SPDX-License-Identifier: LGPL-2.1-or-later
// What the driver offers beside its GPUs: capabilities (MIG, fabric management), NVSwitches,
// NVLink, IMEX channels. Read from /proc/driver/nvidia*, whose files nvidia-caps.c and
// procfs_nvswitch.c of NVIDIA's open driver write (seen with 535 and 580).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/devices.hpp"

namespace gpuboot::input {

/// `proc_devices` is the text of /proc/devices. What a driver does not tell is absent; a file that
/// goes while it is read is absent, too.
model::FabricFacts read_fabric(const Root& root, std::string_view proc_devices);

/// MIG's GPU instances and their compute instances, as "gpu0/mig/gi7" and "gpu0/mig/gi7/ci0",
/// sorted; absent where no GPU can have any. The kernel has no event for them.
std::optional<std::vector<std::string>> read_mig_instances(const Root& root);

} // namespace gpuboot::input
