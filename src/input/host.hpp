// SPDX-License-Identifier: LGPL-2.1-or-later
// Which kernel runs here, and in which boot.
#pragma once

#include <string>
#include <string_view>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

model::Host read_host();

/// /proc/sys/kernel/random/boot_id; "" where there is none.
std::string read_boot_id(const Root& root);

/// The value of the last `key=value` on a kernel command line; "" when there is none.
std::string last_value(std::string_view command_line, std::string_view key);

} // namespace gpuboot::input
