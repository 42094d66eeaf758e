// SPDX-License-Identifier: LGPL-2.1-or-later
// How far a bake is.
#pragma once

#include <cstddef>
#include <string>

namespace gpuboot::model {

struct Progress {
    std::string stage; ///< "compiling"; "" while no bake is being made
    std::size_t done = 0;
    std::size_t total = 0;   ///< 0: nobody can tell
    std::string kernel = {}; ///< whose bake it is; "" where only one can be meant

    bool operator==(const Progress&) const = default;
};

/// "compiling 34/100"; only the stage where nobody can tell.
inline std::string to_text(const Progress& progress) {
    if (progress.total == 0) return progress.stage;
    return progress.stage + " " + std::to_string(progress.done) + "/" +
           std::to_string(progress.total);
}

} // namespace gpuboot::model
