// SPDX-License-Identifier: LGPL-2.1-or-later
// How a program that is not to be trusted is run: by gpuboot-confine, as the build user, inside
// the tree that is baked for.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "base/root.hpp"

namespace gpuboot::execute {

struct BuildUser {
    unsigned uid = 65534;
    unsigned gid = 65534;

    bool operator==(const BuildUser&) const = default;
};

/// gpuboot-build as the tree's own /etc/passwd numbers it; nobody (65534) where it has none.
BuildUser find_build_user(const Root& root);

struct Confinement {
    std::string program; ///< path of gpuboot-confine
    std::string root;    ///< the tree's directory on this system
    BuildUser user;
};

/// `directory` is the working directory and HOME, inside the tree; `environment` is added to the
/// few variables that gpuboot-confine sets.
Tool confined(const Confinement& confinement, const std::string& directory,
              const std::vector<std::string>& environment, const std::vector<std::string>& argv,
              std::chrono::milliseconds deadline);

} // namespace gpuboot::execute
