// SPDX-License-Identifier: LGPL-2.1-or-later
// How far a bake is, for whoever shows it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace gpuboot::execute {

struct Progress {
    std::string stage; ///< "compiling"
    std::size_t done = 0;
    std::size_t total = 0; ///< 0: nobody can tell
};

using OnProgress = std::function<void(const Progress&)>;

} // namespace gpuboot::execute
