// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/kernel_state.hpp"

namespace gpuboot::model {

std::string answer_of(const KernelState& state) {
    if (!state.bake.empty()) return "yes";
    if (!state.progress.stage.empty()) {
        const Progress& progress = state.progress;
        if (progress.total == 0) return "building";
        return "building " + std::to_string(100 * progress.done / progress.total) + " %";
    }
    return state.queued ? "queued" : "no";
}

} // namespace gpuboot::model
