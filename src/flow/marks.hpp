// SPDX-License-Identifier: LGPL-2.1-or-later
// What a bake that is made has to do with the records of the one that lay there before.
#pragma once

#include <string>

#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::flow {

/// Fails with the mark's own words when this bake is marked bad: the same inputs would only make
/// it again.
Result<void> require_unmarked(const Root& root, const std::string& bake);

/// The bake was made anew: whatever was recorded of its predecessor says nothing of it.
Result<void> lift_marks(const Root& root, execute::Effects& effects, const std::string& bake);

} // namespace gpuboot::flow
