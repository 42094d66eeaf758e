// SPDX-License-Identifier: LGPL-2.1-or-later
// The removal of what another tool installed, from its starting states; and what must hold of it on
// every way there.
#pragma once

#include <string>
#include <vector>

#include "driver/scenarios.hpp"

namespace gpuboot::crash {

/// Trees to find out what belongs to the tool are made in `scratch`.
void add_removals(const std::string& scratch, std::vector<Scenario>& all);

} // namespace gpuboot::crash
