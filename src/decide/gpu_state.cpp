// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/gpu_state.hpp"

namespace gpuboot::decide {

std::string_view to_text(GpuState state) {
    switch (state) {
    case GpuState::Present: return "present";
    case GpuState::Initialising: return "initialising";
    case GpuState::Ready: return "ready";
    case GpuState::Failed: return "failed";
    case GpuState::Gone: return "gone";
    }
    return "failed";
}

GpuState state_of(const GpuSituation& situation) {
    if (!situation.present) return GpuState::Gone;
    if (!situation.driver.empty() && situation.driver != "nvidia") return GpuState::Present;
    if (situation.begun) return GpuState::Initialising;
    if (situation.ready) {
        if (!*situation.ready) return GpuState::Failed;
        return situation.driver.empty() ? GpuState::Present : GpuState::Ready;
    }
    switch (situation.machine) {
    case State::Working: return GpuState::Initialising;
    case State::Blocked: return GpuState::Failed;
    case State::Idle:
    case State::OptedOut:
    case State::Unloaded:
    case State::Active:
    case State::Ready: return GpuState::Present;
    }
    return GpuState::Present;
}

} // namespace gpuboot::decide
