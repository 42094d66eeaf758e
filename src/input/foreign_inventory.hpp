// SPDX-License-Identifier: LGPL-2.1-or-later
// The read-only look that a removal of foreign copies rests on: every file of every kind and
// kernel, to its last byte, with whose it is. Slow (it hashes libraries): for a command or a phase
// after boot, never for a check. input/foreign.hpp has what a check asks.
#pragma once

#include <vector>

#include "base/root.hpp"
#include "model/foreign_removal.hpp"

namespace gpuboot::input {

/// `again`: what an interrupted removal was about, which is looked at wherever it lies. What runs
/// is for the caller to fill in. An Error when it cannot be found out whose the files are; without
/// any file to ask about, nobody is asked.
Result<model::ForeignInventory> read_inventory(const Root& root,
                                               const std::vector<model::ForeignEntry>& again);

} // namespace gpuboot::input
