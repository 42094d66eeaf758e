// SPDX-License-Identifier: LGPL-2.1-or-later
// The intent of a removal: exactly what is about to be deleted, on disk before the first of it is.
// A removal that was interrupted goes on from here; what is not named here was never begun.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/foreign_removal.hpp"

namespace gpuboot::execute {

/// Whole and forced to disk when it returns; replaces an earlier one.
Result<void> write_intent(Effects& effects, const std::vector<model::ForeignEntry>& entries);

/// Nothing is left to do. Forced to disk.
Result<void> remove_intent(Effects& effects);

/// Empty: there is none, or it does not prove itself; then it was never finished, and so nothing
/// was deleted by it. Unsupported: a newer gpuboot wrote it.
Result<std::vector<model::ForeignEntry>> read_intent(const Root& root);

} // namespace gpuboot::execute
