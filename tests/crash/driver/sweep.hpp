// SPDX-License-Identifier: LGPL-2.1-or-later
// Lets every file-changing call of an operation suffer every fault (F-19, F-22, F-23, F-24), then
// recovers and looks.
#pragma once

#include <string>

namespace gpuboot::crash {

struct SweepOptions {
    std::string scratch; ///< a folder of its own, best in memory
    unsigned shard = 0, shards = 1;
    bool whole = false; ///< every kind of fault inside the recovery too, not a kill alone
};

/// Prints one line a scenario, then "runs N violations M". 0 when there are no violations.
int sweep(const SweepOptions& options);

} // namespace gpuboot::crash
