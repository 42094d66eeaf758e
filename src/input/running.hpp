// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's modules as /sys/module shows them, and every module that stands on one of them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// Sorted by name; empty when none of the driver's modules is there.
std::vector<model::RunningModule> read_running_modules(const Root& root);

/// A module that another loader has begun with is given this long to come or go (F-83). Returns at
/// once when there is none.
void wait_for_modules(const Root& root, std::chrono::milliseconds deadline);

/// Whether what runs may be another's driver, so that it matters who uses it and where it is from.
bool is_suspicious(const model::Facts& facts);

} // namespace gpuboot::input
