// SPDX-License-Identifier: LGPL-2.1-or-later
// The two spellings of a module's name.
#pragma once

#include <algorithm>
#include <string>

namespace gpuboot::model {

/// "nvidia-uvm", as the file is called -> "nvidia_uvm", as the kernel and /sys/module say it.
inline std::string in_kernel_words(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

} // namespace gpuboot::model
