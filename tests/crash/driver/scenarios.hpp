// SPDX-License-Identifier: LGPL-2.1-or-later
// What is swept: an operation, from a starting state.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "driver/invariants.hpp"
#include "driver/operations.hpp"

namespace gpuboot::crash {

struct Scenario {
    std::string name; ///< "operation from state"
    std::function<void(const Tree&)> prepare;
    std::function<Result<void>(const Tree&)> operate;
    /// The check phase as it would run next in this boot; absent: none would.
    std::function<Result<void>(const Tree&)> next;
    /// Ids that the operation may take away or make anew although they are there before and after.
    std::set<std::string> unsteady = {};
    std::set<std::string> damaged = {};
    std::set<std::string> going = {}; ///< paths that the operation may delete, and not change
    bool recovers = false;            ///< the operation is the recovery itself
    bool double_faults = true;        ///< also sweep the recovery after each kill
};

std::vector<Scenario> scenarios(const std::string& scratch);

} // namespace gpuboot::crash
