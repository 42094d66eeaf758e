// SPDX-License-Identifier: LGPL-2.1-or-later
// What interrupted runs left, and only that: it has a name that is garbage by definition. Names
// that are not ours are never touched. A crash in here is cured by the next run.
#pragma once

#include <cstddef>

#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::execute {

/// Unfinished and half-deleted bakes, temporary files of dead processes, records that do not prove
/// themselves. Under the lock only. On a read-only system nothing happens; what cannot be removed
/// stays garbage. Returns how many it removed.
std::size_t recover(const Root& root, Effects& effects);

/// Likewise the scratch folders of compiles. Under the lock for bakes only.
std::size_t recover_builds(const Root& root, Effects& effects);

} // namespace gpuboot::execute
