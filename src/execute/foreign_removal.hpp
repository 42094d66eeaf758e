// SPDX-License-Identifier: LGPL-2.1-or-later
// Deletes what an intent names, and only what still is what it says: stage by stage, and after each
// what is derived from it is made anew (depmod, ldconfig). Under the lock only.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/foreign_removal.hpp"

namespace gpuboot::execute {

struct Removal {
    std::vector<std::string> removed;
    std::vector<model::Reason> kept; ///< changed since, or it could not be deleted
};

/// One that fails keeps no other from going. What has gone is on disk when this returns.
Removal remove_foreign(const Root& root, Effects& effects,
                       const std::vector<model::ForeignEntry>& entries);

} // namespace gpuboot::execute
