// SPDX-License-Identifier: LGPL-2.1-or-later
// The reason that a GPU's trouble is. Pure.
#pragma once

#include <vector>

#include "model/gpu_trouble.hpp"
#include "model/reason.hpp"
#include "model/running.hpp"

namespace gpuboot::decide {

/// `users` are the processes that have its node open; of a GPU that fell off they do not matter.
model::Reason reason_of(const model::GpuTrouble& trouble,
                        const std::vector<model::DeviceUser>& users);

} // namespace gpuboot::decide
