// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a machine wants a driver from gpuboot, and who says so.
#pragma once

#include <string>

namespace gpuboot::model {

struct Wanted {
    bool driver = true;
    std::string by = "default";   ///< the source that decided, in words: a file, the command line
    bool by_command_line = false; ///< of the kernel: no file stands above it
    bool for_good = false;        ///< a file on disk decided, so that the next boot says the same

    bool operator==(const Wanted&) const = default;
};

} // namespace gpuboot::model
