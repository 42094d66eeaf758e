// SPDX-License-Identifier: LGPL-2.1-or-later
// The daemon's connection to the system bus. It never waits for the bus: early in the boot there
// is none, and a synchronous call on such a connection might block for ever
// (sd_bus_set_watch_bind(3)). The order is portabled's: objects, then the name, then the loop.
#pragma once

#include "base/log.hpp"
#include "bus/handles.hpp"

namespace gpuboot::bus {

class Connection : Pinned {
  public:
    explicit Connection(const Log& log) : log_(log) {}

    /// Makes the connection that objects are registered on; nothing is sent yet.
    Result<void> prepare();
    /// Connects now, or when the bus's socket appears, and asks for our name. The loop ends in
    /// failure when the name is refused or the bus goes away: a new start is the clean reconnect.
    Result<void> open(sd_event* loop);

    sd_bus* get() const { return bus_.get(); }
    const Log& log() const { return log_; }

  private:
    Result<void> on_name(sd_bus_message* reply);
    Result<void> on_disconnected(sd_bus_message* message);

    const Log& log_;
    sd_event* loop_ = nullptr;
    Bus bus_;
    Slot name_;
    Slot disconnected_;
};

} // namespace gpuboot::bus
