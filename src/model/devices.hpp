// SPDX-License-Identifier: LGPL-2.1-or-later
// What the loaded driver and /dev say about device nodes: the facts of the init phase.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/gpu.hpp"

namespace gpuboot::model {

/// What lies at a node's path.
struct NodeFact {
    std::string path;
    bool present = false;
    bool character = false; ///< false: something else lies there, which is not ours
    unsigned major = 0, minor = 0;
    unsigned mode = 0, uid = 0, gid = 0;
    std::string char_link; ///< target of /dev/char/MAJOR:MINOR; "" when absent

    bool operator==(const NodeFact&) const = default;
};

/// A GPU that the driver serves, by /proc/driver/nvidia/gpus/<address>/information.
struct ServedGpu {
    std::string address;
    unsigned minor = 0;

    bool operator==(const ServedGpu&) const = default;
};

struct DeviceFacts {
    /// From /proc/devices by exact name; absent while the module is not live.
    std::optional<unsigned> frontend_major; ///< "nvidia", before 545 "nvidia-frontend"
    std::optional<unsigned> uvm_major;      ///< "nvidia-uvm"
    bool modeset = false;                   ///< nvidia_modeset is live
    /// /proc/driver/nvidia/params; the defaults are the driver's own.
    bool modify = true; ///< ModifyDeviceFiles: 0 leaves the nodes to somebody else
    unsigned mode = 0666, uid = 0, gid = 0;
    std::vector<Gpu> gpus;
    std::vector<ServedGpu> served;
    std::vector<NodeFact> nodes;

    bool operator==(const DeviceFacts&) const = default;
};

} // namespace gpuboot::model
