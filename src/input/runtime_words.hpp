// SPDX-License-Identifier: LGPL-2.1-or-later
// What the configurations of several container runtimes have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document.hpp"

namespace gpuboot::input {

/// The texts of a list; none where it is something else.
std::vector<std::string> texts_of(const Node& list);

/// Whether a runtime's program is one of NVIDIA's container toolkit (nvidia-container-runtime,
/// .cdi, .legacy): it gives GPUs to containers without the help of the runtime that calls it.
bool is_nvidias_runtime(std::string_view program);

} // namespace gpuboot::input
