// SPDX-License-Identifier: LGPL-2.1-or-later
// NVIDIA's GPUs on the PCI bus (vendor 10de, class 03xx), through libudev.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/gpu.hpp"

struct udev_device;

namespace gpuboot::input {

/// Sorted by address.
Result<std::vector<model::Gpu>> read_gpus();

/// The GPU that a device of subsystem "pci" is; false: it is none of ours.
bool is_gpu(udev_device* device);
model::Gpu gpu_of(udev_device* device);

/// Waits until some driver is bound to `address`; false when none is by the deadline. udev's "add"
/// comes before the kernel looks for a driver, so the phase of a new GPU has to wait for "bind".
Result<bool> wait_for_driver(const std::string& address, std::chrono::milliseconds deadline);

} // namespace gpuboot::input
