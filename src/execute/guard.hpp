// SPDX-License-Identifier: LGPL-2.1-or-later
// Does what the guard has decided. The record is on disk before the default is touched, so that a
// crash at any point is told apart at the next run: the default is then either as it was or as set.
#pragma once

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/guard.hpp"

namespace gpuboot::execute {

/// `input` is what the decision was made of.
Result<void> perform(const Root& root, Effects& effects, const model::Guard& guard,
                     const model::GuardInput& input);

} // namespace gpuboot::execute
