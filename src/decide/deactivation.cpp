// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/deactivation.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

#include "decide/bundle.hpp"
#include "decide/running.hpp"
#include "model/services.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;

/// systemd gives a unit 90 s to stop before it kills it, and says so then.
constexpr unsigned unit_patience = 100;

bool is_ours(const Facts& facts) { return facts.loaded && !facts.active.empty(); }

void add_missing(std::vector<std::string>& units, std::string_view unit) {
    if (std::ranges::find(units, unit) == units.end()) units.emplace_back(unit);
}

} // namespace

std::vector<Reason> judge_deactivation(const Facts& facts) {
    if (!is_ours(facts)) return {};
    auto reasons = judge_states(facts);
    std::ranges::move(judge_unload(facts), std::back_inserter(reasons));
    return reasons;
}

std::vector<std::string> dependent_units(const Policy& policy) {
    std::vector<std::string> units{std::string(ready_target)};
    for (const std::string& unit : std::views::reverse(policy.deferred_units))
        add_missing(units, unit);
    for (const std::string& unit : std::views::reverse(policy.critical_units))
        add_missing(units, unit);
    for (std::string_view unit : {fabric_manager_unit, persistence_daemon_unit, hold_unit})
        add_missing(units, unit);
    for (std::string_view unit : companion_units)
        add_missing(units, unit);
    return units;
}

Plan plan_release(const Facts& facts, const std::vector<std::string>& running) {
    Plan plan;
    for (const std::string& unit : running)
        plan.push_back(StopUnit{unit, unit_patience});
    plan.push_back(WithdrawCdi{});
    if (!is_ours(facts)) return plan;
    for (Step& step : plan_unload(facts)) {
        const auto* stop = std::get_if<StopUnit>(&step);
        if (!stop || std::ranges::find(running, stop->unit) == running.end())
            plan.push_back(std::move(step));
    }
    return plan;
}

Plan plan_resume(const Facts& facts, const std::vector<std::string>& running,
                 const std::vector<std::string>& live) {
    Plan plan = plan_restore(facts, live);
    // The target last: what it pulls in makes nodes, spec and stamp anew.
    for (const std::string& unit : std::views::reverse(running))
        plan.push_back(StartUnit{unit, false});
    return plan;
}

Plan plan_removal(const Facts& facts, const std::vector<std::string>& paths) {
    Plan plan;
    if (!facts.active.empty()) plan.push_back(Deactivate{});
    for (const std::string& path : paths)
        plan.push_back(Remove{path});
    std::ranges::move(plan_loader(facts, {}), std::back_inserter(plan));
    return plan;
}

} // namespace gpuboot::decide
