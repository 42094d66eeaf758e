// SPDX-License-Identifier: LGPL-2.1-or-later
// How a bake disappears: its name first, forced to disk, then its files. A power cut leaves a
// whole bake or garbage, never a bake with files missing; the name that garbage has is the note
// that it still must go.
#pragma once

#include <string>

#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::execute {

/// Renames an entry of the store to a name that is garbage, and forces that to disk: from its
/// return on it is a bake for nobody. Returns the new path. Under the lock only.
Result<std::string> hide(Effects& effects, const std::string& path, const std::string& id);

/// Deletes what `hide` left: files that give rights first, then modules, then the rest.
Result<void> discard(const Root& root, Effects& effects, const std::string& hidden);

/// Both, and durable when it returns.
Result<void> purge_bake(const Root& root, Effects& effects, const std::string& id);

} // namespace gpuboot::execute
