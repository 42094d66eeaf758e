// SPDX-License-Identifier: LGPL-2.1-or-later
// The state of the machine in one word, as `gpubootctl status` and the bus say it. Pure: it
// follows from what the phases left in /run/gpuboot and which GPUs are there, so that a daemon
// which was killed says the same again.
#pragma once

#include <optional>
#include <string_view>

#include "model/verdict.hpp"

namespace gpuboot::decide {

enum class State {
    Idle,     ///< no GPU, or none when the machine was last judged: no driver is live
    OptedOut, ///< the operator wants no driver from us
    Working,  ///< a phase runs or is about to: the present verdict is not the last word
    Active,   ///< the pinned driver is live, the GPUs are not (yet) proven ready
    Ready,    ///< and they are: /run/gpuboot/ready stands
    Unloaded, ///< the pinned driver was live, and somebody took it out: it comes back when asked
              ///< for, or with the next boot
    Blocked,  ///< nothing more happens by itself; the reasons say why
};

std::string_view to_text(State state);

struct Situation {
    std::optional<model::VerdictKind> verdict; ///< of the newest report; none: no phase has ended
    bool ready_stamp = false;
    bool gpu_present = false;
    bool job_open = false;    ///< queued or running
    bool driver_live = false; ///< the kernel shows an nvidia module that is loaded
};

State state_of(const Situation& situation);

} // namespace gpuboot::decide
