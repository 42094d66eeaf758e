// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/lifecycle.hpp"

namespace gpuboot::decide {

std::string_view to_text(State state) {
    switch (state) {
    case State::Idle: return "idle";
    case State::OptedOut: return "opted_out";
    case State::Working: return "working";
    case State::Active: return "active";
    case State::Ready: return "ready";
    case State::Unloaded: return "unloaded";
    case State::Blocked: return "blocked";
    }
    return "blocked";
}

State state_of(const Situation& situation) {
    using enum model::VerdictKind;
    if (situation.job_open) return State::Working;
    if (situation.verdict == OptedOut) return State::OptedOut;
    if (!situation.gpu_present) return State::Idle;
    // A GPU and no report: the boot has not come to the check yet.
    if (!situation.verdict) return State::Working;
    switch (*situation.verdict) {
    case Ready:
        if (!situation.driver_live) return State::Unloaded;
        return situation.ready_stamp ? State::Ready : State::Active;
    // What these ask for is the next phase of the chain; when it fails, it reports "blocked".
    case Fast:
    case Fetch:
    case Rebuild: return State::Working;
    case Idle: return State::Idle;
    case OptedOut: return State::OptedOut;
    case Blocked: return State::Blocked;
    }
    return State::Blocked;
}

} // namespace gpuboot::decide
