// SPDX-License-Identifier: LGPL-2.1-or-later
// What a phase notes of a GPU (/run/gpuboot/gpu/<address>.toml) before it works on it, so that who
// looks in between knows that it is under way, and later which node was made.
#pragma once

#include <cstdint>
#include <string>

namespace gpuboot::model {

struct GpuNote {
    std::string phase;      ///< whose report tells how it ended: init, device-0000:01:00.0
    std::int64_t began = 0; ///< that report's `began`; any other report is an older one
    std::string node{};     ///< /dev/nvidia0; "" while none has been made
    unsigned major = 0, minor = 0;

    bool operator==(const GpuNote&) const = default;
};

} // namespace gpuboot::model
