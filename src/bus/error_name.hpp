// SPDX-License-Identifier: LGPL-2.1-or-later
// How an Error looks on the bus.
#pragma once

#include <systemd/sd-bus.h>

#include "base/result.hpp"

namespace gpuboot::bus {

const char* error_name(Errc code);

/// Fills `error` for sd-bus to answer with; returns what a message handler then has to return.
int set_error(sd_bus_error* error, const Error& reason) noexcept;

} // namespace gpuboot::bus
