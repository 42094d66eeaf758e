// SPDX-License-Identifier: LGPL-2.1-or-later
// Which bakes may be deleted to keep the store within its bounds. Pure; never by age alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/policy.hpp"

namespace gpuboot::decide {

/// A bake whose marker could be read. What has no such marker is not ours to judge.
struct StoredBake {
    std::string id;
    std::string kernel;
    bool fits = false;      ///< whole, and what the pin wants for its kernel
    bool last_good = false; ///< of its kernel
    std::uint64_t bytes = 0;
};

struct Store {
    std::vector<StoredBake> bakes;
    std::vector<std::string> kernels; ///< installed
    std::string active;               ///< "" when none is
};

/// Ids, in the order in which they should go. Always kept: the active one, and of each installed
/// kernel the last good one and the one that a boot would choose (the greatest id that fits).
/// Without kernels, or while nothing fits any of them, nothing goes: what looks useless may be all
/// there is.
std::vector<std::string> garbage(const Store& store, const model::StorePolicy& policy);

} // namespace gpuboot::decide
