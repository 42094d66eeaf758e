// SPDX-License-Identifier: LGPL-2.1-or-later
// gpubootctl's side of the bus: reads the daemon's properties, starts jobs, waits for their end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <systemd/sd-bus.h>

#include "base/document.hpp"
#include "base/handle.hpp"
#include "base/result.hpp"

namespace gpuboot::cli {

class BusClient {
  public:
    /// NotFound when there is no bus, or nobody owns org.gpuboot1 and systemd cannot start it.
    static Result<BusClient> connect();

    /// The `gpubootctl status --json` record.
    Result<Node> read_status();

    /// Explain(): the last report in sentences.
    Result<std::string> explain();

    /// Starts a job ("Rebuild") and waits for its end, calling `meanwhile` twice a second.
    /// BadInput, Busy, Denied as the daemon says.
    Result<void>
    run_job(const char* method, bool force = false, const std::function<void()>& meanwhile = [] {});

  private:
    explicit BusClient(Handle<sd_bus, sd_bus_flush_close_unref> bus) : bus_(std::move(bus)) {}

    Result<std::string> text_property(const char* name); ///< of the manager
    Result<std::string> text_property(const char* interface, const char* path, const char* name);
    Result<Node> read_gpus();

    Handle<sd_bus, sd_bus_flush_close_unref> bus_;
};

} // namespace gpuboot::cli
