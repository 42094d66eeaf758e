// SPDX-License-Identifier: LGPL-2.1-or-later
// What would happen on another machine that has this store, pin and policy: its facts are put
// together, judged and planned. Changes nothing. What cannot be known from here is assumed, and
// said to be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/facts.hpp"
#include "model/plan.hpp"
#include "model/verdict.hpp"

namespace gpuboot::flow {

struct Imagined {
    std::string kernel;
    std::string arch;
    std::string pci_id;                 ///< 10de:2330
    std::optional<std::string> version; ///< instead of the pin's
    std::optional<model::Kind> kind;    ///< likewise
};

struct Simulation {
    model::Facts facts;
    model::Verdict verdict;
    model::Plan plan;
    std::vector<std::string> assumed; ///< a sentence each
};

Result<Simulation> simulate(const Root& root, const Imagined& machine);

/// "10de:2330": vendor and device, four lower-case hex digits each.
bool is_pci_id(std::string_view text);

} // namespace gpuboot::flow
