// SPDX-License-Identifier: LGPL-2.1-or-later
// What the guard has set as the boot loader's default, and what it was before: a sealed record, on
// disk before the default is changed.
#pragma once

#include <optional>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/guard.hpp"

namespace gpuboot::execute {

/// Absent: the guard set nothing, or the record does not prove itself. Unsupported: a newer gpuboot
/// wrote it.
Result<std::optional<model::GuardRecord>> read_guard_record(const Root& root);

/// Whole and forced to disk when it returns.
Result<void> write_guard_record(Effects& effects, const model::GuardRecord& record);
Result<void> remove_guard_record(Effects& effects);

} // namespace gpuboot::execute
