// SPDX-License-Identifier: LGPL-2.1-or-later
// Which foreign copies go, and why each of the others stays. Pure.
#pragma once

#include <vector>

#include "model/foreign_removal.hpp"

namespace gpuboot::decide {

/// `chosen`: the kinds that are meant, AksGpu standing for all of them. `again`: what an
/// interrupted removal was about, of whatever kind: it goes on, where each is still what it was.
model::ForeignPlan plan_foreign(const model::ForeignInventory& inventory,
                                const std::vector<model::ForeignKind>& chosen,
                                const std::vector<model::ForeignEntry>& again);

/// What lies there and is nobody's.
model::ForeignState state_of(const model::ForeignInventory& inventory);

/// Nothing is left but what is somebody else's.
bool is_clean(const model::ForeignPlan& plan);

} // namespace gpuboot::decide
