// SPDX-License-Identifier: LGPL-2.1-or-later
// How a program that is not to be trusted is run: by gpuboot-confine, as the build user, inside
// the tree that is baked for. The one place that decides which walls it gets: a unit's where
// systemd can give them, else those that gpuboot-confine makes itself.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "base/root.hpp"
#include "execute/effects.hpp"

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
    bool unit = false; ///< in a transient unit; else as a child of this process
    std::string why;   ///< not in a unit; "" when it is

    /// For logs and reports.
    std::string text() const;
};

/// Tries the unit with a program that does nothing, so that a wall that cannot be had is known
/// before a compile needs it.
Confinement choose_confinement(const Root& root, Effects& effects, const std::string& program);

/// What gpuboot-confine says last in a unit, when the program there has come to its own end.
inline constexpr std::string_view ended_in_unit = "gpuboot-confine: ended";

/// `directory` is the working directory and HOME, inside the tree, `writable` the one folder that
/// can be written ("" for none); `environment` is added to the few variables that gpuboot-confine
/// sets.
Tool confined(const Confinement& confinement, const std::string& directory,
              const std::string& writable, const std::vector<std::string>& environment,
              const std::vector<std::string>& argv, std::chrono::milliseconds deadline);

} // namespace gpuboot::execute
