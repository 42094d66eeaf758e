// SPDX-License-Identifier: LGPL-2.1-or-later
// The check phase: judge; when a bake fits, activate and load it; judge again. What a load that
// failed leaves behind is taken back, and the next bake that fits is tried; when none does and a
// compile may help, the rebuild is asked for. A load that failed for want of memory or by an I/O
// error is tried once more; modules that somebody else is loading are looked at again, bounded.
#pragma once

#include <string_view>

#include "flow/phase.hpp"

namespace gpuboot::flow {

/// `phase` is the report's name: "check", or "recheck" behind a rebuild.
Result<model::Report> check(const Machine& machine, std::string_view phase);

} // namespace gpuboot::flow
