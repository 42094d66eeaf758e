// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/services.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

const UnusableUnit* find_unusable(const ServiceFacts& facts, std::string_view unit) {
    const auto found = std::ranges::find(facts.unusable, unit, &UnusableUnit::name);
    return found == facts.unusable.end() ? nullptr : &*found;
}

bool runs_fabric_manager(const ServiceFacts& facts, const Policy& policy) {
    return policy.fabric_manager == FabricManagerRule::Auto && !fabric_need(facts).empty();
}

std::string counted(unsigned number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

/// Another version refuses to talk to the driver, and each release of both is for the other alone.
void judge_fabric(const ServiceFacts& facts, std::vector<Reason>& reasons) {
    const std::string need = fabric_need(facts), unit(fabric_manager_unit);
    if (const UnusableUnit* unusable = find_unusable(facts, unit))
        reasons.push_back({FabricManagerMissing, unit, facts.driver + " for " + need,
                           "its unit is " + unusable->load_state});
    else if (!facts.fabric.version.empty() && facts.fabric.version != facts.driver)
        reasons.push_back({FabricManagerDiffers, unit, facts.driver, facts.fabric.version});
    if (facts.fabric.managing_ports == 0) return;
    if (!facts.fabric.umad)
        reasons.push_back({FabricPartMissing, "ib_umad", "the kernel module, for " + need, "none"});
    if (!facts.fabric.subnet_manager)
        reasons.push_back({FabricPartMissing, "nvlsm", "the subnet manager, for " + need, "none"});
}

void judge_units(const ServiceFacts& facts, const std::vector<std::string>& units, ReasonCode code,
                 std::vector<Reason>& reasons) {
    for (const std::string& unit : units)
        if (const UnusableUnit* unusable = find_unusable(facts, unit))
            reasons.push_back({code, unit, "a unit that can be started", unusable->load_state});
}

} // namespace

std::string fabric_need(const ServiceFacts& facts) {
    const unsigned switches = facts.fabric.switches, ports = facts.fabric.managing_ports;
    if (switches > 0)
        return std::to_string(switches) + (switches == 1 ? " NVSwitch" : " NVSwitches");
    if (ports > 0) return "the NVLink5 switches behind " + counted(ports, "port");
    return "";
}

std::string fabric_left_alone(const ServiceFacts& facts, const Policy& policy) {
    const std::string need = fabric_need(facts);
    if (need.empty()) return "no fabric manager needed without NVSwitches or NVLink5 switches";
    if (runs_fabric_manager(facts, policy)) return "";
    return "fabric manager for " + need + " left to others by policy";
}

std::vector<Reason> judge_services(const ServiceFacts& facts, const Policy& policy) {
    std::vector<Reason> reasons;
    if (runs_fabric_manager(facts, policy)) judge_fabric(facts, reasons);
    judge_units(facts, policy.critical_units, CriticalUnitMissing, reasons);
    judge_units(facts, policy.deferred_units, DeferredUnitMissing, reasons);
    return reasons;
}

Plan plan_fabric(const ServiceFacts& facts, const Policy& policy) {
    if (!runs_fabric_manager(facts, policy)) return {};
    return {StartUnit{std::string(fabric_manager_unit), true, fabric_need(facts)},
            TestFabric{policy.fabric_timeout_seconds}};
}

Plan plan_critical(const ServiceFacts& facts, const Policy& policy) {
    Plan steps;
    for (const std::string& unit : policy.critical_units)
        if (unit != fabric_manager_unit || !runs_fabric_manager(facts, policy))
            steps.push_back(StartUnit{unit, true});
    return steps;
}

Plan plan_deferred(const ServiceFacts& facts, const Policy& policy) {
    Plan steps;
    if (policy.persistence == PersistenceRule::Hold)
        steps.push_back(DeferUnit{std::string(hold_unit), "persistence"});
    if (policy.persistence == PersistenceRule::Auto && facts.persistence_daemon)
        steps.push_back(DeferUnit{std::string(persistence_daemon_unit), "persistence"});
    for (const std::string& unit : policy.deferred_units)
        if (!find_unusable(facts, unit)) steps.push_back(DeferUnit{unit});
    return steps;
}

Plan plan_hold(const Policy& policy) {
    if (policy.persistence != PersistenceRule::Hold) return {};
    return {ReloadUnit{std::string(hold_unit)}};
}

Plan plan_let_go(std::vector<DeviceUser>& users) {
    const auto ours = [](const DeviceUser& user) { return user.unit == hold_unit; };
    if (std::erase_if(users, ours) == 0) return {};
    return {ReloadUnit{std::string(hold_unit)}};
}

} // namespace gpuboot::decide
