// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a boot of a kernel would find a bake. Pure.
#pragma once

#include "model/facts.hpp"
#include "model/kernel_state.hpp"

namespace gpuboot::decide {

/// `facts` are of that kernel, with the store and what a compile would meet. Of this machine's GPUs
/// and of what runs nothing is asked: bake and reasons are filled in.
model::KernelState judge_kernel(const model::Facts& facts);

} // namespace gpuboot::decide
