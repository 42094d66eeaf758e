// SPDX-License-Identifier: LGPL-2.1-or-later
// The state of one GPU in one word, as the bus and `gpubootctl status` say it. Pure: it follows
// from udev, the GPU's note and the report that the note names, so that a daemon which was killed
// says the same again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decide/lifecycle.hpp"

namespace gpuboot::decide {

enum class GpuState {
    Present,      ///< it is there, and nothing is done about it: no driver is wanted or bound,
                  ///< another one holds it, or its phase has not begun
    Initialising, ///< a phase works on it, or is about to
    Ready,        ///< it passed the readiness test and is bound to the driver still
    Failed,       ///< a phase tried and says why not
    Gone,         ///< unplugged: the last word before its object goes
};

std::string_view to_text(GpuState state);

struct GpuSituation {
    bool present = true;
    std::string driver;        ///< bound to it now; "" when none is
    bool begun = false;        ///< its note names a phase that has not reported
    std::optional<bool> ready; ///< what the newest report about it says; none: there is none
    State machine = State::Idle;
};

GpuState state_of(const GpuSituation& situation);

} // namespace gpuboot::decide
