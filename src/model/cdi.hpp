// SPDX-License-Identifier: LGPL-2.1-or-later
// A CDI spec: what a container runtime gives to a container that asks for nvidia.com/gpu.
// Container Device Interface, SPEC.md of cncf-tags/container-device-interface.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::model {

inline constexpr std::string_view cdi_kind = "nvidia.com/gpu";
/// Device names that begin with a digit need 0.5.0; a newer one, or a field of a newer one, would
/// have podman 4.3 and others of its age ignore the whole spec.
inline constexpr std::string_view cdi_version = "0.5.0";

struct CdiNode {
    std::string path;
    unsigned major = 0, minor = 0;

    bool operator==(const CdiNode&) const = default;
};

struct CdiMount { ///< read-only
    std::string host;
    std::string container;

    bool operator==(const CdiMount&) const = default;
};

struct CdiDevice {
    std::string name; ///< "0", "GPU-5a1c...", a MIG instance "0:gi7:ci0", "all"
    std::vector<CdiNode> nodes;

    bool operator==(const CdiDevice&) const = default;
};

/// Every container gets `nodes`, `mounts` and what `hook` does, whichever device it asks for.
struct CdiSpec {
    std::vector<CdiDevice> devices;
    std::vector<CdiNode> nodes;
    std::vector<CdiMount> mounts;
    /// The program that enters `folder` into the container's own loader cache; "" without one.
    std::string hook;
    std::string folder;

    bool operator==(const CdiSpec&) const = default;
};

/// What there is on the machine to be mounted, and who else speaks for its GPUs.
struct CdiFacts {
    std::string folder; ///< where a container's loader looks by itself: /usr/lib/x86_64-linux-gnu
    std::vector<CdiMount> libraries; ///< of the live driver's version alone, each under its soname
    std::vector<CdiMount> files;     ///< programs, firmware, sockets
    std::string hook;                ///< NVIDIA's, where its container toolkit is installed
    std::vector<std::string> rivals; ///< specs of the same kind that are not ours

    bool operator==(const CdiFacts&) const = default;
};

} // namespace gpuboot::model
