// SPDX-License-Identifier: LGPL-2.1-or-later
// What systemd and the machine say of the services that belong to a GPU: fabric manager,
// persistence, and the units that policy names.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::model {

inline constexpr std::string_view fabric_manager_unit = "nvidia-fabricmanager.service";
inline constexpr std::string_view persistence_daemon_unit = "nvidia-persistenced.service";
/// Ours: holds the GPUs open, and nothing more.
inline constexpr std::string_view hold_unit = "gpuboot-hold.service";
/// What needs a GPU is ordered behind it, or pulled in by it.
inline constexpr std::string_view ready_target = "gpu-ready.target";
/// Ours that run while a machine is ready.
inline constexpr std::array<std::string_view, 2> companion_units{"gpuboot-watch.service",
                                                                 "gpuboot-refresh.path"};

/// A unit that cannot be started, and why, in systemd's words: "not-found", "masked", "error".
struct UnusableUnit {
    std::string name;
    std::string load_state;

    bool operator==(const UnusableUnit&) const = default;
};

/// What the NVLink fabric between the GPUs asks for.
struct FabricManagerFacts {
    unsigned switches = 0; ///< NVSwitches on the PCI bus: vendor 10de, class 0680
    /// NICs that lead to the switches of NVLink5, which are on no bus of this machine's: their
    /// vital product data says SW_MNG.
    unsigned managing_ports = 0;
    bool umad = false;           ///< ib_umad is there: by it those switches are managed
    bool subnet_manager = false; ///< nvlsm is installed
    std::string version{};       ///< of nv-fabricmanager; "" when it is not there or does not tell

    bool operator==(const FabricManagerFacts&) const = default;
};

struct ServiceFacts {
    std::string driver; ///< the live driver's version; "" when none is
    FabricManagerFacts fabric{};
    bool persistence_daemon = false; ///< nvidia-persistenced is installed
    std::vector<UnusableUnit> unusable{};

    bool operator==(const ServiceFacts&) const = default;
};

} // namespace gpuboot::model
