// SPDX-License-Identifier: LGPL-2.1-or-later
// What a bake is made for: the kernel, its headers and configuration, and the compiler, all as
// the tree that will boot holds them. The kernel that happens to run now plays no part.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "base/root.hpp"
#include "input/toolchain.hpp"
#include "model/pin.hpp"

namespace gpuboot::source {

struct Target {
    std::string kernel;
    std::string arch;          ///< as uname -m says it
    std::string config_sha256; ///< of the kernel's .config
    std::string compiler;      ///< first line of its --version
    std::string headers;       ///< digest that changes when the headers do
    input::Toolchain tools;    ///< nothing lacks
};

/// Runs a program of the tree, inside the tree, without rights.
using RunInside = std::function<Result<ToolResult>(const std::vector<std::string>& argv)>;

/// `asked` wins over the pin's kernel, that over the only kernel with headers. Several or none:
/// an Error that lists them.
Result<std::string> choose_kernel(const Root& root, const std::optional<std::string>& asked,
                                  const model::Pin& pin);

/// `tools` must lack nothing; an Error says what is not as it was found, or cannot be compiled for.
Result<Target> read_target(const Root& root, const std::string& kernel, input::Toolchain tools,
                           const RunInside& run);

} // namespace gpuboot::source
