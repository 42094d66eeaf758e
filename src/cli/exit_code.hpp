// SPDX-License-Identifier: LGPL-2.1-or-later
// gpubootctl's exit codes, as gpubootctl(1) documents them.
#pragma once

#include "model/verdict.hpp"

namespace gpuboot::cli {

enum ExitCode : int {
    exit_ready = 0, ///< or: the command did what it was asked
    exit_failed = 1,
    exit_usage = 2,
    exit_blocked = 3,
    exit_idle = 4,
    exit_opted_out = 5,
    exit_rebuild = 6,
    exit_fast = 7,
};

inline int exit_code_of(model::VerdictKind kind) {
    using enum model::VerdictKind;
    switch (kind) {
    case Ready: return exit_ready;
    case Fast: return exit_fast;
    case Fetch:
    case Rebuild: return exit_rebuild;
    case Idle: return exit_idle;
    case OptedOut: return exit_opted_out;
    case Blocked: return exit_blocked;
    }
    return exit_failed;
}

} // namespace gpuboot::cli
