// SPDX-License-Identifier: LGPL-2.1-or-later
// A container runtime that is installed, and whether it gives containers what a CDI spec names.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gpuboot::model {

struct RuntimeFile {
    std::string path;
    std::string text;

    bool operator==(const RuntimeFile&) const = default;
};

struct RuntimeFacts {
    std::string name; ///< containerd, docker, crio
    /// "" when it did not tell, or was not asked: its configuration says it all.
    std::string version{};
    std::string flaw{}; ///< why its configuration cannot be read; "" when it can
    /// What the configuration says of CDI; absent: nothing, so the version's default holds.
    std::optional<bool> cdi{};
    std::string said_in{}; ///< the file that says it, or would have to
    /// Where it looks for specs, nowhere if that is empty; absent: the usual folders, ours among
    /// them.
    std::optional<std::vector<std::string>> folders{};
    /// The files as they would be with CDI on, everything else in them as it is; empty where that
    /// cannot be done without taking something from the operator's configuration.
    std::vector<RuntimeFile> with_cdi{};
    /// Our own file as it has to be so that it covers nobody's word; empty: it covers none.
    std::vector<RuntimeFile> uncovered{};
    /// NVIDIA's own runtime is its default: that gives containers GPUs without CDI.
    bool nvidia = false;
    /// The part of it that would give containers devices is switched off, as where containerd is
    /// there for Docker alone.
    bool unused = false;

    bool operator==(const RuntimeFacts&) const = default;
};

} // namespace gpuboot::model
