// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver that runs now: /proc/driver/nvidia/version, /proc/modules, /sys/module/nvidia.
#pragma once

#include <optional>
#include <string_view>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// Absent when module nvidia is not live.
std::optional<model::LoadedDriver> read_loaded_driver(const Root& root);

/// From the driver's own line (drivers 535 to 580):
/// "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.261.03  Release Build ..."
/// The open modules name themselves so; "NVIDIA UNIX x86_64 Kernel Module" is proprietary.
model::Kind kind_of_version_line(std::string_view line);

/// The first word of it that looks like a driver version; "" when none does.
std::string version_of_version_line(std::string_view line);

} // namespace gpuboot::input
