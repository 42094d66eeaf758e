// SPDX-License-Identifier: LGPL-2.1-or-later
// What the loaded driver and /dev say about device nodes: the facts of the init phase.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cdi.hpp"
#include "model/gpu.hpp"
#include "model/runtimes.hpp"
#include "model/services.hpp"

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
    std::string uuid{}; ///< GPU-...; "" until the adapter has been opened: the driver knows none

    bool operator==(const ServedGpu&) const = default;
};

/// What the driver guards by a node of its own below /dev/nvidia-caps: MIG's configuration and
/// monitoring, a MIG instance, the fabric's management.
struct Capability {
    std::string name; ///< as its file in /proc says it: mig/config, gpu0/mig/gi1/access
    unsigned minor = 0;
    unsigned mode = 0400;
    bool modify = true; ///< DeviceFileModify: 0 leaves this node to somebody else

    bool operator==(const Capability&) const = default;
};

/// A link of /dev/char that leads to a node of NVIDIA's.
struct CharLink {
    std::string path;   ///< /dev/char/195:0
    std::string target; ///< ../nvidia0
    bool leads_to_device = true;

    bool operator==(const CharLink&) const = default;
};

/// What there is on machines with MIG, NVSwitch or NVLink, beside what every driver has.
struct FabricFacts {
    std::optional<unsigned> caps_major;     ///< "nvidia-caps"
    std::optional<unsigned> nvlink_major;   ///< "nvidia-nvlink"
    std::optional<unsigned> nvswitch_major; ///< "nvidia-nvswitch"
    std::optional<unsigned> imex_major;     ///< "nvidia-caps-imex-channels"
    unsigned nvlink_mode = 0666, nvswitch_mode = 0666;
    std::vector<Capability> capabilities;
    unsigned nvswitches = 0; ///< how many the driver serves; their minors count from 0
    /// The channels that have a node, and the one the driver's CreateImexChannel0 asks for.
    std::vector<unsigned> imex_channels;

    bool operator==(const FabricFacts&) const = default;
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
    FabricFacts fabric;
    std::vector<NodeFact> nodes;
    std::vector<CharLink> links;        ///< sorted by path
    CdiFacts cdi;                       ///< read once the nodes are right
    ServiceFacts services;              ///< likewise
    std::vector<RuntimeFacts> runtimes; ///< likewise; those that policy names

    bool operator==(const DeviceFacts&) const = default;
};

// Where nvidia-modprobe and NVIDIA's libraries expect the nodes (nvidia-modprobe-utils.h).
inline constexpr std::string_view capability_folder = "/dev/nvidia-caps";
inline constexpr std::string_view imex_folder = "/dev/nvidia-caps-imex-channels";

inline std::string gpu_node(unsigned minor) { return "/dev/nvidia" + std::to_string(minor); }
inline std::string capability_node(unsigned minor) {
    return std::string(capability_folder) + "/nvidia-cap" + std::to_string(minor);
}
inline std::string nvswitch_node(unsigned minor) {
    return "/dev/nvidia-nvswitch" + std::to_string(minor);
}
inline std::string imex_node(unsigned channel) {
    return std::string(imex_folder) + "/channel" + std::to_string(channel);
}

} // namespace gpuboot::model
