// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known about compiling for this machine's kernel: what it lacks for it, what became of
// earlier compiles, and of this boot's.
#pragma once

#include <string>

namespace gpuboot::model {

/// One thing that a compile for the kernel needs and that is not there, or is not right.
struct Lack {
    enum class What { Headers, Compiler, Tool } what = What::Headers;
    std::string path;    ///< what was looked for
    std::string found;   ///< "nothing", or what is there instead
    std::string package; ///< that brings it

    bool operator==(const Lack&) const = default;
};

/// A compile that failed and would fail again, as its record tells it.
struct FailedBuild {
    std::string id; ///< of the bake it would have been
    std::string error;

    bool operator==(const FailedBuild&) const = default;
};

/// What became of this boot's rebuild.
struct RebuildAttempt {
    enum class Cause {
        Failed,   ///< or none, when it made a bake
        Repeated, ///< not tried: the same inputs failed before
        Memory,   ///< the compiler was killed for memory, twice
    };
    std::string error; ///< "" when it made a bake
    Cause cause = Cause::Failed;
    std::string bake{}; ///< id it would have had; "" when that was not found out

    bool operator==(const RebuildAttempt&) const = default;
};

} // namespace gpuboot::model
