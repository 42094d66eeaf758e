// SPDX-License-Identifier: LGPL-2.1-or-later
// Would the driver work once it is loaded? Pure.
#pragma once

#include <vector>

#include "model/facts.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// What is missing or of another version beside the modules: nothing that a compile can cure.
std::vector<model::Reason> judge_companions(const model::Facts& facts);

} // namespace gpuboot::decide
