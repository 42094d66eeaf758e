// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver's modules need beside them, of exactly their own version.
#pragma once

#include <string>
#include <vector>

namespace gpuboot::model {

/// A userspace library of the driver that the dynamic loader would find.
struct Library {
    std::string name;    ///< "libnvidia-ml.so.1"
    std::string path;    ///< where the loader's cache says it lies
    std::string version; ///< of the file behind it, by its name; "" when its name does not say

    bool operator==(const Library&) const = default;
};

struct Companions {
    std::vector<Library> libraries; ///< empty: no userspace driver is installed
    /// The GSP firmware that the pinned version asks the kernel for and that lies nowhere on the
    /// firmware path: "nvidia/VERSION/gsp_*.bin"; "" when it was found.
    std::string missing_firmware;

    bool operator==(const Companions&) const = default;
};

} // namespace gpuboot::model
