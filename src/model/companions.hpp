// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver's modules need beside them, of exactly their own version.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::model {

/// What leads into the active bake for ever, and nowhere while none is active.
inline constexpr std::string_view active_lib_folder = "/run/gpuboot/active/lib";
inline constexpr std::string_view active_firmware_folder = "/run/gpuboot/active/firmware";

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
    std::string firmware_path; ///< where the kernel looks for firmware first; "" when nobody said
    /// What the loader's cache leads into the active bake, whichever that is; sorted. One that is
    /// left of an earlier boot leads nowhere until a bake is active.
    std::vector<std::string> cached;

    bool operator==(const Companions&) const = default;
};

} // namespace gpuboot::model
