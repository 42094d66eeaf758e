// SPDX-License-Identifier: LGPL-2.1-or-later
// How a bake appears in the store: whole or not at all, whatever is interrupted. Everything is
// written and forced to disk under a name that is garbage by definition, judged as a boot would
// judge it, and then given its real name in one rename.
#pragma once

#include <vector>

#include "execute/effects.hpp"
#include "execute/stage.hpp"

namespace gpuboot::execute {

/// What to do with a fit bake of the same id.
enum class Existing { Keep, Replace };

/// Durable when it returns. `marker` holds everything but the modules; the files that it bundles
/// lie in `userspace`, a folder laid out as the bake is ("" when it bundles none).
Result<void> commit_bake(const Root& root, Effects& effects, model::Marker marker,
                         const std::vector<Product>& products, Existing existing,
                         const std::string& userspace = "");

std::string bake_path(const std::string& id);

} // namespace gpuboot::execute
