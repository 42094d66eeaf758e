// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether an older kernel has to stay the boot loader's default, and which. Pure.
#pragma once

#include "model/guard.hpp"

namespace gpuboot::decide {

/// The newest kernel is the loader's own first one: what would boot had nobody said anything. A
/// default that somebody set to another kernel than that, or to nothing known, is theirs.
model::Guard guard(const model::GuardInput& input);

} // namespace gpuboot::decide
