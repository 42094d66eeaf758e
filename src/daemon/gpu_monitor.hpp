// SPDX-License-Identifier: LGPL-2.1-or-later
// The GPUs of this machine, kept up to date by udev. The device is read again at each event, so
// what is told is how it is, not how it was when the event was sent.
#pragma once

#include <libudev.h>

#include <functional>
#include <map>
#include <string>

#include "base/log.hpp"
#include "bus/handles.hpp"
#include "model/gpu.hpp"

namespace gpuboot::daemon {

class GpuMonitor : bus::Pinned {
  public:
    using Gpus = std::map<std::string, model::Gpu>; ///< by address

    GpuMonitor(std::function<void()> on_change, const Log& log)
        : on_change_(std::move(on_change)), log_(log) {}

    Result<void> start(sd_event* loop);

    const Gpus& gpus() const { return gpus_; }
    const Log& log() const { return log_; }

  private:
    Result<void> on_readable(int fd, std::uint32_t events);
    Result<void> enumerate();
    void consider(udev_device* event);

    std::function<void()> on_change_;
    const Log& log_;
    Gpus gpus_;
    Handle<udev, udev_unref> udev_;
    Handle<udev_monitor, udev_monitor_unref> monitor_;
    bus::EventSource source_;
};

} // namespace gpuboot::daemon
