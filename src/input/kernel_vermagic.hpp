// SPDX-License-Identifier: LGPL-2.1-or-later
// The vermagic a kernel demands, as the modules of its own tree carry it: no file under /proc or
// /sys tells it.
#pragma once

#include <string>

#include "base/root.hpp"

namespace gpuboot::input {

/// Of the first module found below /lib/modules/KERNEL/kernel; "" when there is none, or when it
/// names another kernel.
std::string read_kernel_vermagic(const Root& root, const std::string& kernel,
                                 const std::string& arch);

} // namespace gpuboot::input
