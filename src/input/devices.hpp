// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads what the driver says about its device nodes, and what lies in /dev.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/devices.hpp"

namespace gpuboot::input {

Result<model::DeviceFacts> read_devices(const Root& root);

/// What lies in /dev of an NVIDIA driver, whether one is there or not: links of /dev/char first,
/// then nodes.
std::vector<std::string> read_left_nodes(const Root& root);

/// The major of the character device called exactly `name` in the text of /proc/devices.
std::optional<unsigned> major_of(std::string_view proc_devices, std::string_view name);

/// The value behind "key:" at a line's begin, trimmed; "" when there is none
/// (/proc/driver/nvidia/params, /proc/driver/nvidia/gpus/*/information).
std::string value_of(std::string_view text, std::string_view key);

/// A decimal number and nothing else.
std::optional<unsigned> number_of(std::string_view text);

} // namespace gpuboot::input
