// SPDX-License-Identifier: LGPL-2.1-or-later
// What a kernel's .config says of the machine and the compiler it was made for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gpuboot::input {

struct KernelConfig {
    std::string arch;           ///< as uname -m says it
    bool clang = false;         ///< compiled by clang, else by gcc
    std::string compiler;       ///< program: gcc-12, x86_64-linux-gnu-gcc-12, clang
    std::string compiler_text;  ///< gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0
    std::string compiler_major; ///< 12
    bool objtool = false;       ///< a compile runs the kernel's objtool
};

Result<KernelConfig> read_kernel_config(std::string_view text);

/// Of the version in a compiler's first line: "gcc (Debian ...) 12.2.0" and "Debian clang version
/// 19.1.7 (3)" -> "12" and "19".
std::string major_version(std::string_view compiler_text);

} // namespace gpuboot::input
