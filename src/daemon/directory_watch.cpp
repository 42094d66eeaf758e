// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/directory_watch.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include "bus/trampoline.hpp"

namespace gpuboot::daemon {

namespace {

constexpr std::uint32_t gone = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t appears = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t changes = appears | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM;

/// "/run/gpuboot" of "/run/gpuboot/report", "/" of "/run".
std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace

DirectoryWatch::DirectoryWatch(const Root& root, std::string_view path,
                               std::function<void()> on_change, const Log& log)
    : root_(root), path_(path), on_change_(std::move(on_change)), log_(log) {}

Result<void> DirectoryWatch::start(sd_event* loop) {
    loop_ = loop;
    return arm();
}

Result<void> DirectoryWatch::arm() {
    for (;;) {
        std::string deepest = path_, next = path_;
        auto directory = root_.open_at(deepest, O_PATH | O_DIRECTORY);
        while (!directory && deepest != "/") {
            next = deepest;
            deepest = parent_of(deepest);
            directory = root_.open_at(deepest, O_PATH | O_DIRECTORY);
        }
        if (!directory) return forward(std::move(directory).error(), "watching " + path_);
        on_target_ = deepest == path_;
        if (auto watched = watch(*directory, on_target_); !watched) return watched;
        // What came between the look and the watch has told nobody: look once more.
        if (on_target_ || !root_.open_at(next, O_PATH | O_DIRECTORY)) return {};
    }
}

Result<void> DirectoryWatch::watch(const Fd& directory, bool is_target) {
    sd_event_source* source = nullptr;
    const int result = sd_event_add_inotify_fd(loop_, &source, directory.get(),
                                               gone | (is_target ? changes : appears),
                                               bus::on_event<&DirectoryWatch::on_inotify>, this);
    source_.reset(source);
    return bus::checked(result, "watching " + path_);
}

Result<void> DirectoryWatch::on_inotify(const inotify_event* event) {
    const bool lost = (event->mask & (gone | IN_IGNORED | IN_UNMOUNT)) != 0;
    if (lost || !on_target_) {
        if (auto armed = arm(); !armed) return armed;
    }
    on_change_(); // also when the queue overflowed (IN_Q_OVERFLOW): all is read again
    return {};
}

} // namespace gpuboot::daemon
