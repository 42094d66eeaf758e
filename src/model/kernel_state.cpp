// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/kernel_state.hpp"

namespace gpuboot::model {

std::string building(const Progress& progress) {
    if (progress.total == 0) return "building";
    return "building " + std::to_string(100 * progress.done / progress.total) + " %";
}

KernelAnswer answer_of(const KernelState& state) {
    if (!state.bake.empty()) return {state.kernel, "yes", state.bake};
    const std::string why = state.reasons.empty() ? "" : to_text(state.reasons.front());
    if (!state.progress.stage.empty()) return {state.kernel, building(state.progress), why};
    return {state.kernel, state.queued ? "queued" : "no", why};
}

} // namespace gpuboot::model
