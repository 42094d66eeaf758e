// SPDX-License-Identifier: LGPL-2.1-or-later
// What a module file that is no bake's says of itself (its .modinfo section), read by libkmod. Of
// a bake's modules the bytes that were hashed are read: input/module_image.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace gpuboot::input {

struct ModInfo {
    std::string name; ///< in the kernel's words: nvidia_uvm
    std::string vermagic;
    std::string srcversion; ///< "" when it carries none
    std::string version;    ///< MODULE_VERSION; "" when it carries none
    std::string license;
    std::vector<std::string> depends;
};

/// A value of .modinfo that lists names: "a,b" -> a, b; "" -> none.
std::vector<std::string> split_names(std::string_view names);

/// BadInput: not a module.
Result<ModInfo> read_modinfo(int fd, const std::string& path);

} // namespace gpuboot::input
