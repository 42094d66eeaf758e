// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/deactivation.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/decide/machines.hpp"

using namespace gpuboot::decide;
using namespace gpuboot::model;

namespace {

/// The active bake's driver, idle.
Facts serving() {
    Facts facts = gpuboot::tests::fitting_machine();
    facts.active = facts.bakes.front().id;
    facts.gpus.front().driver = "nvidia";
    facts.loaded = LoadedDriver{"535.261.03", Kind::Open, {"nvidia", "nvidia_uvm"}, "A"};
    facts.running.modules = {{"nvidia", "live", "A", 1, {"nvidia_uvm"}},
                             {"nvidia_uvm", "live", "U", 0, {}}};
    facts.running.origins = {{"nvidia", "/a", "A", "aaaaaaaaaaaa"},
                             {"nvidia_uvm", "/u", "U", "uuuuuuuuuuuu"}};
    return facts;
}

using Texts = std::vector<std::string>;
Texts texts(const Plan& plan) {
    Texts list;
    for (const Step& step : plan)
        list.push_back(to_text(step));
    return list;
}

} // namespace

TEST_CASE("what needs the GPU stops first, what others stand on last") {
    Policy policy;
    policy.critical_units = {"plugin.service", "nvidia-fabricmanager.service"};
    policy.deferred_units = {"dcgm.service", "exporter.service"};
    const auto units = dependent_units(policy);
    const Texts begin{"gpu-ready.target", "exporter.service", "dcgm.service",
                      "nvidia-fabricmanager.service", "plugin.service"};
    REQUIRE(units.size() > begin.size());
    CHECK((Texts(units.begin(), units.begin() + 5) == begin));
    CHECK(std::ranges::count(units, "nvidia-fabricmanager.service") == 1);
    CHECK(std::ranges::count(units, "gpuboot-hold.service") == 1);
}

TEST_CASE("units stop, containers are told, modules go with their users first") {
    const Facts facts = serving();
    CHECK(judge_deactivation(facts).empty());
    CHECK((texts(plan_release(facts, {"gpu-ready.target", "dcgm.service"})) ==
           Texts{"stop unit gpu-ready.target", "stop unit dcgm.service", "withdraw the CDI spec",
                 "unload module nvidia_uvm", "unload module nvidia"}));
}

TEST_CASE("units of policy may hold the GPU, anybody else is named") { // S1-25
    Facts facts = serving();
    facts.policy.deferred_units = {"exporter.service"};
    facts.running.modules[0].refcount = 2;
    facts.running.users = {{7, "exporter", "exporter.service", "nvidia"}};
    CHECK(judge_deactivation(facts).empty());
    CHECK(texts(plan_release(facts, {})).front() == "withdraw the CDI spec");
    CHECK(texts(plan_release(facts, {}))[1] == "stop unit exporter.service"); // not running twice
    facts.running.users.push_back({8, "python3", "", "nvidia"});
    const auto reasons = judge_deactivation(facts);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons.front().code == ReasonCode::DriverInUse);
    CHECK(reasons.front().found == "python3 (pid 8)");
}

TEST_CASE("what went half-way comes back, the target last") { // F-79
    CHECK((texts(plan_resume(serving(), {"gpu-ready.target", "dcgm.service"}, {"nvidia"})) ==
           Texts{"load module nvidia_uvm (sha256 uuuuuuuuuuuu)", "enqueue unit dcgm.service",
                 "enqueue unit gpu-ready.target"}));
}

TEST_CASE("a driver that somebody else loaded stays") {
    Facts facts = serving();
    facts.active.clear();
    facts.running.users = {{8, "python3", "", "nvidia"}};
    CHECK(judge_deactivation(facts).empty());
    CHECK((texts(plan_release(facts, {})) == Texts{"withdraw the CDI spec"}));
}

TEST_CASE("afterwards nothing leads into the bake, and nothing is left in /dev") {
    Facts facts = serving();
    facts.loaded.reset();
    facts.companions.cached = {"libcuda.so.1"};
    CHECK((texts(plan_removal(facts, {"/dev/char/195:0", "/dev/nvidia0"})) ==
           Texts{"deactivate", "remove /dev/char/195:0", "remove /dev/nvidia0",
                 "ask for the loader's cache to be written anew"}));
}
