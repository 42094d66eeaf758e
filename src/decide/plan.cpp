// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/plan.hpp"

#include <algorithm>
#include <iterator>

#include "decide/bundle.hpp"
#include "decide/judge.hpp"
#include "decide/records.hpp"
#include "decide/running.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

/// Adds `module` behind what it depends on in the same bake. A cycle ends at `planned`.
void plan_module(const Marker& marker, const MarkerModule& module,
                 std::vector<std::string>& planned, Plan& plan) {
    if (contains(planned, module.name)) return;
    planned.push_back(module.name);
    LoadModule step{marker.id, module.name, module.sha256, {}};
    for (const std::string& name : module.depends) {
        const auto own = std::ranges::find(marker.modules, name, &MarkerModule::name);
        if (own != marker.modules.end())
            plan_module(marker, *own, planned, plan);
        else
            step.depends.push_back(name);
    }
    plan.push_back(std::move(step));
}

Plan plan_load(const Facts& facts, const BakeFact& bake) {
    const Marker& marker = *bake.marker.value;
    const bool replaces = in_the_way(facts).has_value();
    Plan plan = plan_trial(facts, bake.id);
    if (replaces) std::ranges::move(plan_unload(facts), std::back_inserter(plan));
    std::ranges::move(plan_firmware(facts, marker), std::back_inserter(plan));
    if (facts.active != bake.id) plan.push_back(Activate{bake.id, bake.vendor});
    std::vector<std::string> planned;
    if (facts.loaded && !replaces) planned = facts.loaded->modules;
    for (const std::string& name : facts.policy.modules)
        if (const MarkerModule* module = module_of_file(marker, name))
            plan_module(marker, *module, planned, plan);
    std::ranges::move(plan_loader(facts, libraries_of(marker)), std::back_inserter(plan));
    if (replaces)
        for (const std::string& unit : stopped_units(facts))
            plan.push_back(StartUnit{unit, false});
    return plan;
}

/// Both stores may hold that id: the last that fits is the one the verdict means.
const BakeFact* chosen(const Facts& facts, const std::string& id) {
    const BakeFact* found = nullptr;
    for (const BakeFact& bake : facts.bakes)
        if (bake.id == id && judge_bake(facts, bake).empty()) found = &bake;
    return found;
}

/// The bake of a live driver has to be found by the loader. With no driver live the link of an
/// earlier verdict would only mislead (V5), and what the loader's cache knows of it too.
Plan plan_rest(const Facts& facts) {
    if (facts.loaded)
        return facts.active.empty() ? Plan{} : plan_loader(facts, facts.active_libraries);
    Plan steps;
    if (!facts.active.empty()) steps.push_back(Deactivate{});
    std::ranges::move(plan_loader(facts, {}), std::back_inserter(steps));
    return steps;
}

} // namespace

Plan plan(const Facts& facts, const Verdict& verdict) {
    switch (verdict.kind) {
    case VerdictKind::Fast: {
        const BakeFact* bake = chosen(facts, verdict.bake);
        return bake ? plan_load(facts, *bake) : Plan{};
    }
    case VerdictKind::Fetch:
    case VerdictKind::Rebuild: {
        Plan steps = plan_rest(facts);
        steps.push_back(RequestRebuild{});
        return steps;
    }
    case VerdictKind::Ready:
    case VerdictKind::Idle:
    case VerdictKind::OptedOut:
    case VerdictKind::Blocked: return plan_rest(facts);
    }
    return {};
}

Plan plan_undo(const std::vector<std::string>& before, const std::vector<std::string>& live) {
    Plan steps;
    // Users of a module come after it in the kernel's list of names only by chance; uvm, modeset,
    // drm and peermem all stand on nvidia, so nvidia itself goes last.
    for (const std::string& name : live)
        if (!contains(before, name) && name != "nvidia") steps.push_back(UnloadModule{name});
    if (contains(before, "nvidia")) return steps; // its bake stays active under it
    if (contains(live, "nvidia")) steps.push_back(UnloadModule{"nvidia"});
    steps.push_back(Deactivate{});
    return steps;
}

} // namespace gpuboot::decide
