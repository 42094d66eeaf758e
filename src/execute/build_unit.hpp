// SPDX-License-Identifier: LGPL-2.1-or-later
// The walls of a compile where systemd runs: a transient unit of its own. Weaker ones are never
// taken in silence: what runs in the unit is `gpuboot-confine --walls given`, which looks for these
// walls first and refuses where one is missing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/root.hpp"

namespace gpuboot::execute {

/// systemd runs here and answers on the bus, which is how a unit is asked for and waited for.
bool can_run_units(const Root& root);

/// systemd-run and its options, up to and without the command. `writable` is the one folder that
/// can be written; "" for none.
std::vector<std::string> build_unit(const std::string& writable,
                                    std::chrono::milliseconds deadline);

/// The unit's walls as lines of a unit file: what the exposure is measured of.
const std::vector<std::string>& build_unit_walls();

} // namespace gpuboot::execute
