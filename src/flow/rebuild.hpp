// SPDX-License-Identifier: LGPL-2.1-or-later
// The rebuild phase: compiles and commits a bake for the running kernel, once per boot, and asks
// for the recheck that may load it. It loads nothing itself.
#pragma once

#include "flow/bake.hpp"
#include "flow/phase.hpp"

namespace gpuboot::flow {

/// `on_progress` may be empty.
Result<model::Report> rebuild(const Machine& machine, const BakeOptions& options);

/// What /run/gpuboot/next/rebuild says: "force" compiles even when a bake fits.
bool rebuild_is_forced(const Root& root);

} // namespace gpuboot::flow
