// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>

#include "base/fd.hpp"

namespace gpuboot {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t half_of_output = 64 << 10;
constexpr std::chrono::seconds grace{5};

class SpawnSettings {
  public:
    SpawnSettings(int input, int output) {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, input, 0);
        posix_spawn_file_actions_adddup2(&actions, output, 1);
        posix_spawn_file_actions_adddup2(&actions, output, 2);
        posix_spawnattr_init(&attributes);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (const std::string& word : words)
        out.push_back(const_cast<char*>(word.c_str()));
    out.push_back(nullptr);
    return out;
}

/// Keeps the head and the tail of what a tool prints, and hands on whole lines.
class Output {
  public:
    explicit Output(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}

    void add(std::string_view text) {
        const std::size_t room = half_of_output - std::min(half_of_output, head_.size());
        head_ += text.substr(0, room);
        tail_ += text.substr(std::min(room, text.size()));
        if (tail_.size() > 2 * half_of_output) {
            tail_.erase(0, tail_.size() - half_of_output);
            cut_ = true;
        }
        if (on_line_) split(text);
    }

    std::string finish() {
        if (on_line_ && !line_.empty()) on_line_(line_);
        return head_ + (cut_ ? "\n[...]\n" : "") + tail_;
    }

  private:
    void split(std::string_view text) {
        for (const char c : text) {
            if (c != '\n') {
                if (line_.size() < 4096) line_ += c;
                continue;
            }
            on_line_(line_);
            line_.clear();
        }
    }

    const std::function<void(std::string_view)>& on_line_;
    std::string head_, tail_, line_;
    bool cut_ = false;
};

/// Reads until the child has ended and nobody of its group holds the pipe, or the deadline.
bool follow(int pidfd, int pipe, Clock::time_point end, Output& output) {
    std::array<pollfd, 2> sources{{{pipe, POLLIN, 0}, {pidfd, POLLIN, 0}}};
    std::array<char, 16384> buffer{};
    while (sources[0].fd >= 0 || sources[1].fd >= 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) return false;
        const int ready = poll(sources.data(), sources.size(), static_cast<int>(left.count()));
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        if (sources[0].revents != 0) {
            const ssize_t got = read(pipe, buffer.data(), buffer.size());
            if (got > 0) output.add({buffer.data(), static_cast<std::size_t>(got)});
            if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) sources[0].fd = -1;
        } else if (sources[1].revents != 0) {
            // It ended and the pipe is drained; a daemon it left behind is not waited for.
            return true;
        }
    }
    return true;
}

struct Input {
    Fd child, lifeline;
};

Result<Input> input_for(const Tool& tool) {
    if (!tool.lifeline) {
        Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!nothing) return fail_errno("/dev/null");
        return Input{std::move(nothing), Fd()};
    }
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe");
    return Input{Fd(ends[0]), Fd(ends[1])};
}

} // namespace

Result<ToolResult> run_tool(const Tool& tool) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe");
    Fd from_child(ends[0]), to_parent(ends[1]);
    auto input = input_for(tool);
    if (!input) return forward(std::move(input).error());

    SpawnSettings settings(input->child.get(), to_parent.get());
    auto argv = pointers(tool.argv);
    auto environment = pointers(tool.environment);
    pid_t child = 0;
    const int failed = posix_spawn(&child, argv[0], &settings.actions, &settings.attributes,
                                   argv.data(), environment.data());
    if (failed != 0) return fail_errno("starting " + tool.argv[0], failed);
    to_parent.reset();

    Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    Output output(tool.on_line);
    ToolResult result;
    result.timed_out = !follow(pidfd.get(), from_child.get(), Clock::now() + tool.deadline, output);
    input->child.reset();
    input->lifeline.reset();
    // What ends by the lifeline is waited for: whoever asked may clear away what it wrote to.
    if (result.timed_out && tool.lifeline)
        (void)follow(pidfd.get(), from_child.get(), Clock::now() + grace, output);
    kill(-child, SIGKILL); // the whole group, and whatever it left behind
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.output = output.finish();
    return result;
}

} // namespace gpuboot
