// SPDX-License-Identifier: LGPL-2.1-or-later
// The jobs: takes requests up to a limit, follows what the request phase writes about them, and
// keeps the newest as objects on the bus. Nothing here runs a phase; systemd does, on the file.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/log.hpp"
#include "base/root.hpp"
#include "bus/job.hpp"
#include "bus/manager.hpp"

namespace gpuboot::daemon {

class Jobs : bus::Pinned {
  public:
    /// How long the first job of the queue may stay as it is before it counts as failed. Both are
    /// a minute more than gpuboot-request.service has: while a job waits, that unit may serve a
    /// request that is no job of ours, such as that of a GPU which was plugged in.
    struct Patience {
        std::chrono::seconds queued{26 * 60};
        std::chrono::seconds running{26 * 60};
    };

    Jobs(sd_bus* bus, const bus::Manager& manager, const Root& root, const Log& log,
         Patience patience, std::function<void()> on_change);

    Result<void> start(sd_event* loop);

    /// The path of the new job, or of one that is equal and has not ended.
    Result<std::string> request(const model::Request& request);

    /// Takes over what the files say.
    Result<void> follow(const std::map<std::uint32_t, model::Job>& on_disk);
    /// Tells which jobs have ended since the last time; to be called after all else is shown, so
    /// that who waits for the signal finds the result. Then forgets the oldest.
    Result<void> tell_ended();

    bool any_open() const;
    const Log& log() const { return log_; }

  private:
    bus::Job* find(std::uint32_t id) const;
    /// The job that now runs, else the oldest that waits; null when all have ended.
    bus::Job* head() const;
    std::size_t open_count() const;

    Result<bus::Job*> add(const model::Job& job);
    Result<void> change(bus::Job& job, const model::Job& now);
    Result<void> end_all(model::JobState state, const std::string& error);
    Result<void> forget_oldest();
    Result<void> wait_for_head();
    Result<void> on_overdue(std::uint64_t usec);

    sd_bus* bus_;
    const bus::Manager& manager_;
    const Root& root_;
    const Log& log_;
    Patience patience_;
    std::function<void()> on_change_;
    std::map<std::uint32_t, std::unique_ptr<bus::Job>> jobs_; ///< by number, so oldest first
    std::uint32_t newest_ = 0;                                ///< the highest number ever seen
    std::uint32_t forgotten_ = 0;      ///< the newest number that is no object any more
    std::vector<std::uint32_t> ended_; ///< not told yet
    model::Job awaited_;               ///< the head the timer is set for
    bus::EventSource timer_;
};

} // namespace gpuboot::daemon
