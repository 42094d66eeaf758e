// SPDX-License-Identifier: LGPL-2.1-or-later
// Acts on verdicts until one stands. Another driver makes way whole or not at all: what was taken
// out comes back when the rest cannot go, or when no bake takes its place (F-78, F-79).
#pragma once

#include <functional>

#include "flow/phase.hpp"
#include "input/gather.hpp"
#include "model/verdict.hpp"

namespace gpuboot::flow {

/// Reads again what acting can have changed.
using LookAgain = std::function<Result<void>(input::World&)>;

/// Begins with the verdict that `run` was begun with; its steps go into `run`.
Result<model::Verdict> act(const Machine& machine, input::World& world, Run& run,
                           const LookAgain& look_again);

} // namespace gpuboot::flow
