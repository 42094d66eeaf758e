// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs another program to its end: argv (never a shell), clean signal mask, a process group of
// its own that is killed whole at the deadline, /dev/null as input, one pipe for all it prints.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace gpuboot {

struct Tool {
    std::vector<std::string> argv; ///< argv[0] is an absolute path: there is no search
    std::vector<std::string> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
    std::chrono::milliseconds deadline{10'000};
    /// Each line as it comes, without its newline; may be empty.
    std::function<void(std::string_view)> on_line;
    /// Its input is a pipe that stays open as long as this process waits for it: who cannot be
    /// killed from here, because something else started it, ends when that closes.
    bool lifeline = false;
};

struct ToolResult {
    int status = 0; ///< exit status; 128 + signal when a signal ended it
    bool timed_out = false;
    std::string output; ///< at most the first and the last 64 KiB of what it printed

    bool succeeded() const { return status == 0 && !timed_out; }
};

/// An Error only when it could not be started or followed; how it ended is in the result.
Result<ToolResult> run_tool(const Tool& tool);

} // namespace gpuboot
