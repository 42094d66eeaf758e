// SPDX-License-Identifier: LGPL-2.1-or-later
// The installed kernels as the record that a phase leaves for the daemon, and gpubootctl prints.
#pragma once

#include <string_view>
#include <vector>

#include "base/document.hpp"
#include "base/result.hpp"
#include "model/kernel_state.hpp"

namespace gpuboot::report {

Node record_of(const std::vector<model::KernelState>& states);

/// What the bus tells of them; BadInput when a kernel has no release or answer.
Result<std::vector<model::KernelAnswer>> kernel_answers_of(std::string_view json);

} // namespace gpuboot::report
