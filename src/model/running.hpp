// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's modules as the kernel holds them now, who uses them, and the files they could be put
// back from: what decides whether another driver can make way.
#pragma once

#include <string>
#include <vector>

namespace gpuboot::model {

/// One module of the driver, or one that stands on it (/sys/module/NAME).
struct RunningModule {
    std::string name;
    std::string state = "live"; ///< initstate: "coming", "live", "going"
    std::string srcversion;     ///< "" when the module carries none
    int refcount = 0;
    std::vector<std::string> holders; ///< modules that stand on it; each counts once in refcount

    bool operator==(const RunningModule&) const = default;
};

/// A process that holds one of the driver's device nodes open.
struct DeviceUser {
    int pid = 0;
    std::string comm;
    std::string unit;   ///< the service it belongs to; "" when it belongs to none
    std::string module; ///< whose device it is

    bool operator==(const DeviceUser&) const = default;
};

/// A verified file with the very module that runs: from here it could be loaded again.
struct ModuleOrigin {
    std::string name;
    std::string path;
    std::string srcversion;
    std::string sha256;

    bool operator==(const ModuleOrigin&) const = default;
};

struct Running {
    std::vector<RunningModule> modules; ///< sorted by name
    /// The rest is read only when what runs is not the active bake's driver of the pinned version.
    std::vector<DeviceUser> users;
    std::string users_flaw; ///< why not every process could be looked at; "" when all were
    std::vector<ModuleOrigin> origins;

    bool operator==(const Running&) const = default;
};

} // namespace gpuboot::model
