// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the whole machine into Facts. Changes nothing, decides nothing, logs nothing.
#pragma once

#include <optional>
#include <string>

#include "base/root.hpp"
#include "input/store.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

struct World {
    model::Facts facts;
    Images images;           ///< of every module that is what its marker says
    bool store_read = false; ///< else the facts name no bake, whatever lies in the store
};

/// The machine and the store, at the same time. `host` is the kernel that is judged: the running
/// one, or an offline tree's target. On an offline tree there are no GPUs, no loaded driver and no
/// attempts. What a compile would meet is not in it.
Result<World> gather(const Root& root, const model::Host& host);

/// Everything but the store; the surroundings only where a driver may be wanted.
Result<model::Facts> gather_machine(const Root& root, const model::Host& host);

/// Reads the files that another's running modules could be put back from, before they may go.
void remember_running(const Root& root, World& world);

/// Adds what the kernel demands of modules, other drivers' copies and the userspace: what only
/// those need whom a driver may be loaded for.
void read_surroundings(const Root& root, model::Facts& facts);

/// Adds the store to what is known.
void read_bakes(const Root& root, World& world);

/// Adds what a compile would meet. Only where one may be wanted: the fast path has no use for it.
void read_compile(const Root& root, model::Facts& facts);

/// Reads again what acting can have changed: GPUs, loaded driver, activation, attempts. The store
/// is not read twice in one run.
Result<void> refresh(const Root& root, model::Facts& facts);

} // namespace gpuboot::input
