// SPDX-License-Identifier: LGPL-2.1-or-later
// What a compile for a kernel would find: its headers, the compiler it was made with, the tools.
// Looks at files only and starts nothing, so that a check may ask too; the compiler's own word on
// its version is source/target.hpp's.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/compile.hpp"

namespace gpuboot::input {

struct Toolchain {
    std::string compiler; ///< path of the program inside the root; "" when it lacks
    std::string llvm;     ///< what kbuild's LLVM= is to say: "1", "-19"; "" with gcc
    std::string strip;    ///< path of the program
    std::vector<model::Lack> lacks;
};

Toolchain read_toolchain(const Root& root, const std::string& kernel);

/// /lib/modules/<kernel>/build
std::string headers_of(const std::string& kernel);

inline constexpr std::size_t kernel_config_limit = std::size_t{4} << 20;

} // namespace gpuboot::input
