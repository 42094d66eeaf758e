// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the active bake's userspace byte by byte, once the machine is ready and nobody waits. What
// it finds is a record for the next boot's verdict; files that were read before and were not
// touched since are not read again.
#pragma once

#include <optional>

#include "flow/phase.hpp"
#include "model/reason.hpp"

namespace gpuboot::flow {

/// The first file that is not as the marker says; absent when all are, or no bake with a userspace
/// is active. Takes the lock itself, to write the record.
Result<std::optional<model::Reason>> verify_active(const Machine& machine);

} // namespace gpuboot::flow
