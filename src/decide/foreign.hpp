// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of the driver that are not gpuboot's: notes on a verdict, never against a bake. Pure.
#pragma once

#include <vector>

#include "model/facts.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

std::vector<model::Reason> judge_foreign(const model::Facts& facts);

} // namespace gpuboot::decide
