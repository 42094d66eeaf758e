// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver that runs already: is it the wanted one, and if not, can it make way? All of it, or
// none (F-78, F-79): every module of it must be one that could be put back. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/facts.hpp"
#include "model/plan.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// Modules that come or go and do neither (F-80). While there is one, nothing is loaded or
/// unloaded.
std::vector<model::Reason> judge_states(const model::Facts& facts);

/// Why what runs is not the pinned driver from a bake; absent: it is, or nothing runs. The pinned
/// version with the source of a fit bake, or with no fit bake to compare it with, is the driver.
std::optional<model::Reason> in_the_way(const model::Facts& facts);

/// Why it cannot be unloaded, by policy or by fact; empty: it can.
std::vector<model::Reason> judge_unload(const model::Facts& facts);

/// The daemons that hold its devices, then its modules, each before those it stands on.
model::Plan plan_unload(const model::Facts& facts);

/// Undoes `plan_unload(facts)` as far as it came: what is not among `live` is loaded again, the
/// very same bytes, and the daemons are started again.
model::Plan plan_restore(const model::Facts& facts, const std::vector<std::string>& live);

/// The units that plan_unload stops.
std::vector<std::string> stopped_units(const model::Facts& facts);

} // namespace gpuboot::decide
