// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts the daemon together: what lies in /run/gpuboot and which GPUs there are goes in, objects
// on the bus come out. Everything follows from those two, so a daemon that was killed and started
// again shows the same.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/log.hpp"
#include "base/root.hpp"
#include "bus/gpu.hpp"
#include "bus/manager.hpp"
#include "daemon/directory_watch.hpp"
#include "daemon/gpu_monitor.hpp"
#include "daemon/jobs.hpp"
#include "daemon/records.hpp"

namespace gpuboot::daemon {

class Daemon : bus::Pinned, bus::Requests {
  public:
    /// `bus` is prepared and not connected yet: everything is on it before anybody can ask.
    Daemon(const Root& root, const Log& log, sd_bus* bus, Jobs::Patience patience);

    Result<void> start(sd_event* loop);

    const Log& log() const { return log_; }

  private:
    Result<std::string> request(const model::Request& request) override;
    std::string explanation() const override;

    /// Something changed: look at everything once this round of events is through.
    void refresh_soon();
    Result<void> on_refresh();
    Result<void> show_gpus();
    Result<void> show_gpu(const model::Gpu& gpu);
    Result<void> withdraw_gpus();
    decide::State state() const;
    bus::Status status() const;
    void log_new_flaws();

    const Root& root_;
    const Log& log_;
    sd_bus* bus_;
    std::string kernel_;
    Records records_;
    std::set<std::string> known_flaws_;
    decide::State state_ = decide::State::Idle;
    std::string told_state_; ///< to systemd

    bus::Manager manager_;
    std::map<std::string, std::unique_ptr<bus::Gpu>> gpus_; ///< by address
    Jobs jobs_;
    GpuMonitor monitor_;
    DirectoryWatch run_directory_;
    DirectoryWatch report_directory_;
    DirectoryWatch gpu_directory_;
    bus::EventSource refresh_;
};

} // namespace gpuboot::daemon
