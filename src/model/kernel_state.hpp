// SPDX-License-Identifier: LGPL-2.1-or-later
// An installed kernel, and whether a GPU would be ready on it without a compile.
#pragma once

#include <string>
#include <vector>

#include "model/progress.hpp"
#include "model/reason.hpp"

namespace gpuboot::model {

struct KernelState {
    std::string kernel;
    bool running = false;
    std::string bake;              ///< a boot of it would load this one; "" when none fits
    Progress progress{};           ///< of its bake, while one is being made
    bool queued = false;           ///< one is still to be made
    std::vector<Reason> reasons{}; ///< why none fits
    bool kept = false;             ///< it is the boot loader's default instead of the newest

    bool operator==(const KernelState&) const = default;
};

/// The same in words.
struct KernelAnswer {
    std::string kernel;
    std::string answer; ///< "yes", "building 40 %", "queued" or "no"
    std::string why;    ///< the bake, or the first reason

    bool operator==(const KernelAnswer&) const = default;
};

KernelAnswer answer_of(const KernelState& state);

/// "building 40 %"
std::string building(const Progress& progress);

} // namespace gpuboot::model
