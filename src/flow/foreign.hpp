// SPDX-License-Identifier: LGPL-2.1-or-later
// Removes foreign copies of the driver: where a person asks for it, or, after each boot, where
// policy does. Takes the lock itself. Never in a boot's way.
#pragma once

#include <optional>
#include <vector>

#include "base/root.hpp"
#include "flow/phase.hpp"
#include "model/foreign_removal.hpp"

namespace gpuboot::flow {

/// What `purge_foreign` would do now. Changes nothing, takes no lock.
Result<model::Teardown> foresee_foreign(const Root& root,
                                        const std::vector<model::ForeignKind>& chosen);

/// The intent, the deletion, a second look; and the journal's event, unless there was nothing. What
/// an interrupted one left to do is done with it. An Error before anything is deleted.
Result<model::Teardown> purge_foreign(const Root& root, execute::Effects& effects,
                                      const std::vector<model::ForeignKind>& chosen);

/// Leaves word for gpuboot-foreign.service if policy names kinds or a removal was interrupted.
Result<void> note_foreign(const Machine& machine, const model::Policy& policy);

/// That service: what policy names. Absent: neither asks for anything.
Result<std::optional<model::Teardown>> serve_foreign_policy(const Machine& machine);

/// Of a machine with a GPU whose driver gpuboot manages: whether an older tool's marker is there,
/// and of the pinned kind (S2-17).
Result<void> tell_managed_gpu(const Root& root);

} // namespace gpuboot::flow
