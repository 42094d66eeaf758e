// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/process.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"

using namespace gpuboot;
using namespace std::chrono_literals;

namespace {

ToolResult run(std::vector<std::string> argv, std::chrono::milliseconds deadline = 20s) {
    auto result = run_tool({std::move(argv), Tool{}.environment, deadline, {}});
    REQUIRE_MESSAGE(result, result.error().what);
    return *result;
}

ToolResult shell(const std::string& script, std::chrono::milliseconds deadline = 20s) {
    return run({"/bin/sh", "-c", script}, deadline);
}

/// Ended, or ended by the kernel within five seconds (a kill takes effect when it gets the CPU).
bool has_ended(pid_t pid) {
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) return errno == ESRCH;
    pollfd source{pidfd.get(), POLLIN, 0};
    return poll(&source, 1, 5000) == 1;
}

} // namespace

TEST_CASE("how a tool ended is in the result") {
    CHECK(run({"/bin/true"}).succeeded());
    CHECK(shell("exit 3").status == 3);
    CHECK_FALSE(shell("exit 3").succeeded());
    CHECK(shell("kill -9 $$").status == 128 + SIGKILL);
}

TEST_CASE("a tool that cannot be started is an error with its name") {
    const auto result = run_tool({{"/nonexistent/tool"}, {}, 1s, {}});
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::NotFound);
    CHECK(result.error().what.contains("/nonexistent/tool"));
}

TEST_CASE("arguments are arguments, never a shell's words") { // F-54
    CHECK(run({"/bin/echo", "$(id)", "a b", "; exit 1"}).output == "$(id) a b ; exit 1\n");
}

TEST_CASE("a tool reads nothing, and gets the environment it is given alone") { // F-74
    ::setenv("LD_PRELOAD_SECRET", "1", 1);
    CHECK(shell("cat; readlink /proc/self/fd/0").output == "/dev/null\n");
    CHECK(run({"/usr/bin/env"}).output == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n");
    ::unsetenv("LD_PRELOAD_SECRET");
}

TEST_CASE("signals that we block or ignore, a tool does not") {
    sigset_t mine, before;
    sigemptyset(&mine);
    sigaddset(&mine, SIGTERM);
    sigaddset(&mine, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &mine, &before);
    const auto handler = signal(SIGPIPE, SIG_IGN);
    // Without a shell between, which would set its own mask. Of the ignored ones, in hex, only ours
    // (13) counts: the C library keeps two for itself.
    const auto status = [](const char* line) {
        return run({"/bin/grep", line, "/proc/self/status"});
    };
    const ToolResult blocked = status("^SigBlk:.0000000000000000");
    const ToolResult ignored = status("^SigIgn:.............[02468ace]...");
    signal(SIGPIPE, handler);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(blocked.succeeded());
    CHECK(ignored.succeeded());
}

TEST_CASE("the deadline ends the whole group") { // F-67
    const ToolResult result = shell("trap '' TERM; sleep 1000 & echo $!; wait", 300ms);
    CHECK(result.timed_out);
    CHECK_FALSE(result.succeeded());
    CHECK(has_ended(static_cast<pid_t>(std::stol(result.output))));
}

TEST_CASE("what a tool leaves behind is not waited for, and ends too") { // F-67
    const ToolResult result = shell("sleep 1000 & echo $!");
    CHECK(result.succeeded());
    CHECK(has_ended(static_cast<pid_t>(std::stol(result.output))));
}

TEST_CASE("output is cut in the middle: its head and its tail stay") { // F-67
    const ToolResult result = shell("echo head; yes 0123456789 | head -c 3000000; echo; echo tail");
    CHECK(result.output.starts_with("head\n"));
    CHECK(result.output.ends_with("\ntail\n"));
    CHECK(result.output.contains("[...]"));
    CHECK(result.output.size() < 256 << 10);
}

TEST_CASE("output that is short is whole, standard error with it") {
    CHECK(shell("echo out; echo err >&2").output == "out\nerr\n");
}

TEST_CASE("lines are handed on as they come, the last one without its newline too") {
    std::vector<std::string> lines;
    const auto result =
        run_tool({{"/bin/printf", "one\\n\\ntwo\\nthree"}, {}, 20s, [&](std::string_view line) {
                      lines.emplace_back(line);
                  }});
    REQUIRE(result);
    CHECK(lines == std::vector<std::string>{"one", "", "two", "three"});
}

TEST_CASE("a line without end is bounded") { // F-53
    std::size_t longest = 0;
    const auto result =
        run_tool({{"/bin/sh", "-c", "head -c 1000000 /dev/zero"},
                  Tool{}.environment,
                  20s,
                  [&](std::string_view line) { longest = std::max(longest, line.size()); }});
    REQUIRE(result);
    CHECK(longest > 0);
    CHECK(longest <= 64 << 10);
}

// F-15
TEST_CASE("by its lifeline a tool knows that nobody waits for it any more") {
    Tool tool;
    tool.argv = {"/bin/sh", "-c", "cat; echo alone"};
    tool.lifeline = true;
    tool.deadline = std::chrono::milliseconds(200);
    const auto ran = run_tool(tool);
    REQUIRE(ran);
    CHECK(ran->timed_out);
    CHECK(ran->output == "alone\n"); // told after the deadline, and still heard
}
