// SPDX-License-Identifier: LGPL-2.1-or-later
// Gathers what a verdict needs, and no more: on a machine without a GPU, opted out, or with the
// pinned driver live, no bake is read; what a compile would meet only when none fits.
#pragma once

#include "base/root.hpp"
#include "input/gather.hpp"

namespace gpuboot::flow {

/// The running machine.
Result<input::World> look(const Root& root);

/// The store too, whatever the machine says; `host` as for `input::gather`.
Result<input::World> look_at_store(const Root& root, const model::Host& host);

/// Once more after acting. The store is read at most once in one run.
Result<void> look_again(const Root& root, input::World& world);

} // namespace gpuboot::flow
