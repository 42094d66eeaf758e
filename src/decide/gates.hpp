// SPDX-License-Identifier: LGPL-2.1-or-later
// What was found right, told shortly: the other half of a verdict's reasons. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/facts.hpp"
#include "model/verdict.hpp"

namespace gpuboot::decide {

/// The gates that the verdict's bake, or the live driver, has passed, a few words each; empty when
/// the verdict names neither.
std::vector<std::string> passed_gates(const model::Facts& facts, const model::Verdict& verdict);

} // namespace gpuboot::decide
