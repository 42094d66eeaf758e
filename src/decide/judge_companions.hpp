// SPDX-License-Identifier: LGPL-2.1-or-later
// Would the driver work once it is loaded? Pure.
#pragma once

#include <vector>

#include "model/facts.hpp"
#include "model/reason.hpp"
#include "model/verdict.hpp"

namespace gpuboot::decide {

/// What is missing or of another version beside the modules of this verdict's bake, or of the
/// driver that is live: nothing that a compile can cure. What the bake brings itself is not looked
/// for.
std::vector<model::Reason> judge_companions(const model::Facts& facts,
                                            const model::Verdict& verdict);

} // namespace gpuboot::decide
