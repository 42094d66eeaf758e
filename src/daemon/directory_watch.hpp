// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells when something in a directory changes, also when the directory comes, goes or is replaced
// while the daemon runs: what is missing is waited for in the deepest ancestor that is there.
#pragma once

#include <functional>
#include <string>

#include "base/log.hpp"
#include "base/root.hpp"
#include "bus/handles.hpp"

namespace gpuboot::daemon {

class DirectoryWatch : bus::Pinned {
  public:
    DirectoryWatch(const Root& root, std::string_view path, std::function<void()> on_change,
                   const Log& log);

    Result<void> start(sd_event* loop);

    const Log& log() const { return log_; }

  private:
    Result<void> arm();
    Result<void> watch(const Fd& directory, bool is_target);
    Result<void> on_inotify(const inotify_event* event);

    const Root& root_;
    std::string path_;
    std::function<void()> on_change_;
    const Log& log_;
    sd_event* loop_ = nullptr;
    bool on_target_ = false; ///< the directory itself is watched, not an ancestor
    bus::EventSource source_;
};

} // namespace gpuboot::daemon
