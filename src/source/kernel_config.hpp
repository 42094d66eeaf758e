// SPDX-License-Identifier: LGPL-2.1-or-later
// What a kernel's .config says of the machine and the compiler it was made for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gpuboot::source {

struct KernelConfig {
    std::string arch;           ///< as uname -m says it
    std::string compiler;       ///< program: gcc-12
    std::string compiler_text;  ///< gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0
    std::string compiler_major; ///< 12
};

Result<KernelConfig> read_kernel_config(std::string_view text);

/// Of the version at the end of a compiler's first line: "gcc (Debian ...) 12.2.0" -> "12".
std::string major_version(std::string_view compiler_text);

} // namespace gpuboot::source
