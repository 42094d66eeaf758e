// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's libraries, by their names alone.
#pragma once

#include <string>

namespace gpuboot::input {

/// Whichever folder it lies in.
inline bool is_driver_library(const std::string& name) {
    return name.contains(".so") &&
           (name.starts_with("libnvidia-") || name.starts_with("libcuda.so") ||
            name.starts_with("libcudadebugger.so") || name.starts_with("libnvcuvid.so") ||
            name.starts_with("libnvoptix.so") || name.contains("_nvidia.so"));
}

} // namespace gpuboot::input
