// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the modules that run could be loaded from again: the active bake, or a file of the kernel's
// own tree that holds the very same module. Read before anything is unloaded, whole.
#pragma once

#include <vector>

#include "base/root.hpp"
#include "input/store.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// At most one for each running module; its bytes go into `images`.
std::vector<model::ModuleOrigin> read_origins(const Root& root, const model::Facts& facts,
                                              Images& images);

} // namespace gpuboot::input
