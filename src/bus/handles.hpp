// SPDX-License-Identifier: LGPL-2.1-or-later
// Owned sd-bus and sd-event objects, and the way from their negative errno to a Result.
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <string>
#include <string_view>

#include "base/handle.hpp"
#include "base/result.hpp"

namespace gpuboot::bus {

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;
using Slot = Handle<sd_bus_slot, sd_bus_slot_unref>;
using Message = Handle<sd_bus_message, sd_bus_message_unref>;
using EventLoop = Handle<sd_event, sd_event_unref>;
/// Disabled before it is unreferenced, so that no callback comes after its owner is gone.
using EventSource = Handle<sd_event_source, sd_event_source_disable_unref>;

/// What a C library keeps a pointer to: it stays where it is.
class Pinned {
  public:
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;

  protected:
    Pinned() = default;
    ~Pinned() = default;
};

inline Result<void> checked(int result, std::string_view doing) {
    if (result < 0) return fail_errno(std::string(doing), -result);
    return {};
}

} // namespace gpuboot::bus
