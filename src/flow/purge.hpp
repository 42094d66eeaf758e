// SPDX-License-Identifier: LGPL-2.1-or-later
// Deletes bakes: those that are named, or those that the store's bounds leave no room for. Takes
// the lock itself and cleans up after interrupted runs first.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "flow/phase.hpp"

namespace gpuboot::flow {

struct Purged {
    std::vector<std::string> ids;  ///< gone, on disk, in this order
    std::vector<std::string> kept; ///< ids that --all leaves: the active one
};

/// A name that is no bake, or the active one, is an Error before anything is deleted. The journal
/// has what went as one line.
Result<Purged> purge(const Root& root, execute::Effects& effects,
                     const std::vector<std::string>& ids);

/// Every bake but the active one; told as well.
Result<Purged> purge_all(const Root& root, execute::Effects& effects);

/// Leaves word, or takes it back: behind this boot all bakes are to go, because the machine has
/// opted out for good and policy has them deleted then.
Result<void> note_purge(const Machine& machine, const model::Policy& policy);

/// Whether they are to go now: there is word of it, and it is still so.
bool purge_is_wanted(const Machine& machine);

/// What `[store] keep` and `max_bytes` leave no room for.
Result<Purged> collect(const Root& root, execute::Effects& effects);

} // namespace gpuboot::flow
