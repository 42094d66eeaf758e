// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known about compiling for this machine's kernel: what it lacks for it, what became of
// earlier compiles, and of this boot's; and how long one took.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// How long a compile took, on the monotonic clock, as its output tells it.
struct CompileTimes {
    std::int64_t probing_usec = 0;   ///< until the last answer of the kernel's headers
    std::int64_t compiling_usec = 0; ///< from there on
    std::size_t asked = 0;           ///< questions that were put to the headers
    std::size_t kept = 0;            ///< and answers that an earlier compile had left

    bool operator==(const CompileTimes&) const = default;
};

/// "56.9 s probing the kernel's headers (576 questions), 78.1 s compiling".
std::string to_text(const CompileTimes& times);

} // namespace gpuboot::model
