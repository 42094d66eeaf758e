// SPDX-License-Identifier: LGPL-2.1-or-later
// What is told of a phase that died: one that is killed leaves no report, and its GPUs would count
// as under way for ever.
#pragma once

#include <string>

#include "flow/phase.hpp"

namespace gpuboot::flow {

/// `how` it ended in systemd's words ($MONITOR_SERVICE_RESULT, systemd.exec(5)). Nothing happens
/// when the phase has left a report, or had begun with no GPU.
Result<void> tell_dead(const Machine& machine, const std::string& phase, const std::string& how);

} // namespace gpuboot::flow
