// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/running.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>

#include "decide/judge.hpp"
#include "model/module_name.hpp"
#include "model/services.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

/// They exist to keep the driver's devices open, as do the units that policy names; stopping one
/// takes no work from anybody.
constexpr std::array<std::string_view, 9> known_daemons{
    hold_unit,
    persistence_daemon_unit,
    fabric_manager_unit,
    "nvidia-powerd.service",
    "nvidia-imex.service",
    "nvidia-dcgm.service",
    "dcgm.service",
    "nvidia-dcgm-exporter.service",
    "dcgm-exporter.service",
};
constexpr std::size_t most_named = 5;

bool is_known(const Policy& policy, const DeviceUser& user) {
    const auto is_its = [&](const auto& units) {
        return std::ranges::find(units, user.unit) != units.end();
    };
    return is_its(known_daemons) || is_its(policy.critical_units) || is_its(policy.deferred_units);
}

std::string name_of(const Pin& pin) {
    return pin.version + " (" + std::string(to_text(pin.kind)) + ")";
}

/// Activated in this boot, and what the kernel took is that and not another loader's (F-83).
bool from_active(const Facts& facts) {
    return !facts.active.empty() &&
           (facts.active_srcversion.empty() || facts.active_srcversion == facts.loaded->srcversion);
}

/// The kernel cannot tell a grid driver from a proprietary one, both name themselves alike; the
/// active bake can.
std::optional<Kind> kind_by_bake(const Facts& facts) {
    return from_active(facts) ? facts.active_kind : std::nullopt;
}

bool same_kind(const Facts& facts) {
    const Kind pinned = facts.pin.value->kind;
    if (const auto kind = kind_by_bake(facts)) return *kind == pinned;
    return (pinned == Kind::Open) == (facts.loaded->kind == Kind::Open);
}

std::string name_of_loaded(const Facts& facts) {
    const Kind kind = kind_by_bake(facts).value_or(facts.loaded->kind);
    return facts.loaded->version + " (" + std::string(to_text(kind)) + ")";
}

std::string srcversion_of(const BakeFact& bake) {
    const auto& modules = bake.marker.value->modules;
    const auto nvidia = std::ranges::find(modules, "nvidia", &MarkerModule::name);
    return nvidia == modules.end() ? "" : nvidia->srcversion;
}

/// The source of the fit bakes' driver, when each of them names one and none is the running one's.
std::string other_source(const Facts& facts) {
    std::string wanted;
    if (facts.loaded->srcversion.empty()) return wanted; // it cannot be compared
    for (const BakeFact& bake : facts.bakes) {
        if (!judge_bake(facts, bake).empty()) continue;
        const std::string found = srcversion_of(bake);
        if (found.empty() || found == facts.loaded->srcversion) return "";
        wanted = found;
    }
    return wanted;
}

const ModuleOrigin* origin_of(const Facts& facts, const RunningModule& module) {
    const auto& origins = facts.running.origins;
    const auto found = std::ranges::find_if(origins, [&](const ModuleOrigin& origin) {
        return origin.name == module.name && origin.srcversion == module.srcversion;
    });
    return found == origins.end() ? nullptr : &*found;
}

/// Users first: a module can go when all that stand on it have gone. What is left over at the end
/// holds itself up in a circle and cannot be unloaded at all.
std::vector<const RunningModule*> unload_order(const Facts& facts) {
    std::vector<const RunningModule*> order;
    std::vector<std::string> gone;
    const auto is_gone = [&](const std::string& name) {
        return std::ranges::find(gone, name) != gone.end();
    };
    for (bool more = true; more;) {
        more = false;
        for (const RunningModule& module : facts.running.modules) {
            if (is_gone(module.name) || !std::ranges::all_of(module.holders, is_gone)) continue;
            order.push_back(&module);
            gone.push_back(module.name);
            more = true;
        }
    }
    return order;
}

std::string name_of(const DeviceUser& user) {
    std::string name = user.comm + " (pid " + std::to_string(user.pid) + ")";
    return user.unit.empty() ? name : name + " of " + user.unit;
}

std::string references(int count) {
    return std::to_string(count) + (count == 1 ? " reference" : " references");
}

/// Somebody who would lose work, by name; else uses that nobody accounts for.
void judge_users(const Facts& facts, const RunningModule& module, std::vector<Reason>& reasons) {
    const int uses = module.refcount - static_cast<int>(module.holders.size());
    std::size_t users = 0, named = 0;
    for (const DeviceUser& user : facts.running.users) {
        if (user.module != module.name) continue;
        ++users;
        if (!is_known(facts.policy, user) && ++named <= most_named)
            reasons.push_back({DriverInUse, module.name, "nobody", name_of(user)});
    }
    if (named > most_named)
        reasons.push_back({DriverInUse, module.name, "nobody",
                           std::to_string(named - most_named) + " more processes"});
    if (uses > 0 && users == 0)
        reasons.push_back({DriverInUse, module.name, "nobody",
                           facts.running.users_flaw.empty()
                               ? references(uses) + " that no process accounts for"
                               : "an unknown process (" + facts.running.users_flaw + ")"});
}

} // namespace

std::vector<Reason> judge_states(const Facts& facts) {
    std::vector<Reason> reasons;
    for (const RunningModule& module : facts.running.modules)
        if (module.state != "live")
            reasons.push_back({ModuleWedged, module.name, "live", module.state});
    return reasons;
}

std::optional<Reason> in_the_way(const Facts& facts) {
    if (!facts.loaded || !facts.pin.value) return std::nullopt;
    const LoadedDriver& loaded = *facts.loaded;
    const Pin& pin = *facts.pin.value;
    if (loaded.version != pin.version || !same_kind(facts))
        return Reason{OtherDriverLoaded, loaded.srcversion, name_of(pin), name_of_loaded(facts)};
    if (from_active(facts)) return std::nullopt;
    const bool whole = std::ranges::all_of(facts.policy.modules, [&](const std::string& name) {
        return std::ranges::find(loaded.modules, in_kernel_words(name)) != loaded.modules.end();
    });
    // Half of it is live: completing another's driver would mix two (V8).
    if (!whole)
        return Reason{OtherDriverLoaded, "", "a driver from a bake",
                      name_of_loaded(facts) + " from elsewhere"};
    if (const std::string wanted = other_source(facts); !wanted.empty())
        return Reason{OtherDriverLoaded, loaded.srcversion, "srcversion " + wanted,
                      name_of_loaded(facts) + " of srcversion " + loaded.srcversion};
    return std::nullopt;
}

std::vector<Reason> judge_unload(const Facts& facts) {
    std::vector<Reason> reasons;
    const auto order = unload_order(facts);
    for (const RunningModule* module : order) {
        judge_users(facts, *module, reasons);
        if (!origin_of(facts, *module))
            reasons.push_back({OriginUnknown, module->name,
                               "a file with srcversion " + module->srcversion, "none"});
    }
    // A driver that shows no module of its own is none that could be taken out.
    if (std::ranges::find(facts.running.modules, "nvidia", &RunningModule::name) ==
        facts.running.modules.end())
        reasons.push_back({OriginUnknown, "nvidia", "a module in /sys/module", "none"});
    for (const RunningModule& module : facts.running.modules)
        if (std::ranges::find(order, &module) == order.end())
            reasons.push_back({DriverInUse, module.name, "nobody", "modules outside the driver"});
    return reasons;
}

std::vector<std::string> stopped_units(const Facts& facts) {
    std::vector<std::string> units;
    for (const DeviceUser& user : facts.running.users)
        if (is_known(facts.policy, user) && std::ranges::find(units, user.unit) == units.end())
            units.push_back(user.unit);
    return units;
}

Plan plan_unload(const Facts& facts) {
    Plan plan;
    for (const std::string& unit : stopped_units(facts))
        plan.push_back(StopUnit{unit});
    for (const RunningModule* module : unload_order(facts))
        plan.push_back(UnloadModule{module->name});
    return plan;
}

Plan plan_restore(const Facts& facts, const std::vector<std::string>& live) {
    Plan plan;
    auto order = unload_order(facts);
    std::ranges::reverse(order);
    for (const RunningModule* module : order) {
        if (std::ranges::find(live, module->name) != live.end()) continue;
        if (const ModuleOrigin* origin = origin_of(facts, *module))
            plan.push_back(LoadModule{"", module->name, origin->sha256, {}});
    }
    for (const std::string& unit : stopped_units(facts))
        plan.push_back(StartUnit{unit, false});
    return plan;
}

} // namespace gpuboot::decide
