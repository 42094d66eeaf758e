// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/plan.hpp"

#include <doctest/doctest.h>

#include "decide/judge.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using tests::fitting_machine;

namespace {

std::vector<std::string> texts_of(const Plan& plan) {
    std::vector<std::string> texts;
    for (const Step& step : plan)
        texts.push_back(to_text(step));
    return texts;
}

Plan plan_of(const Facts& facts) { return decide::plan(facts, decide::judge(facts)); }

} // namespace

TEST_CASE("a load names the digest that was judged") { // F-45
    const Facts facts = fitting_machine();
    const Plan plan = plan_of(facts);
    REQUIRE(plan.size() == 4);
    CHECK((plan[0] == Step(Activate{facts.bakes.front().id})));
    const auto& load = std::get<LoadModule>(plan[1]);
    CHECK(load.name == "nvidia");
    CHECK(load.sha256 == facts.bakes.front().files.front().sha256);
    CHECK(load.bake == facts.bakes.front().id);
}

TEST_CASE("a module comes after what it stands on, in whatever order the policy names them") {
    Facts facts = fitting_machine();
    facts.policy.modules = {"nvidia-modeset", "nvidia-uvm", "nvidia"};
    const Plan plan = plan_of(facts);
    REQUIRE(plan.size() == 4);
    CHECK(std::get<LoadModule>(plan[1]).name == "nvidia");
    CHECK(std::get<LoadModule>(plan[2]).name == "nvidia_modeset");
    CHECK(std::get<LoadModule>(plan[3]).name == "nvidia_uvm");
}

TEST_CASE("modules that stand on each other end the planning, not the stack") { // F-112
    Facts facts = fitting_machine();
    facts.bakes.front().marker.value->modules[0].depends = {"nvidia_uvm"};
    facts.bakes.front().files[0].depends = {"nvidia_uvm"};
    CHECK(plan_of(facts).size() == 4);
}

TEST_CASE("a verdict about a bake that the facts do not hold plans nothing") {
    CHECK(decide::plan(fitting_machine(), {VerdictKind::Fast, "gone", {}}).empty());
}

TEST_CASE("only fast, rebuild and fetch do something on a clean machine") {
    const Facts facts = fitting_machine();
    for (VerdictKind kind :
         {VerdictKind::Ready, VerdictKind::Idle, VerdictKind::OptedOut, VerdictKind::Blocked})
        CHECK(decide::plan(facts, {kind, "", {}}).empty());
    for (VerdictKind kind : {VerdictKind::Rebuild, VerdictKind::Fetch})
        CHECK(texts_of(decide::plan(facts, {kind, "", {}})) ==
              std::vector<std::string>{"ask for a rebuild"});
}

TEST_CASE("no plan of a boot unloads what runs") { // F-78
    Facts facts = fitting_machine();
    facts.loaded = LoadedDriver{"570.86.15", Kind::Open, {"nvidia", "nvidia_uvm"}, ""};
    facts.active = "old";
    for (VerdictKind kind : verdict_kinds)
        for (const Step& step : decide::plan(facts, {kind, facts.bakes.front().id, {}})) {
            CHECK_FALSE(std::holds_alternative<UnloadModule>(step));
            CHECK_FALSE(std::holds_alternative<Deactivate>(step));
        }
}

TEST_CASE("what a failed load left is taken back, nvidia last") { // F-79 V8
    CHECK(texts_of(decide::plan_undo({}, {"nvidia", "nvidia_modeset", "nvidia_uvm"})) ==
          std::vector<std::string>{"unload module nvidia_modeset", "unload module nvidia_uvm",
                                   "unload module nvidia", "deactivate"});
}

TEST_CASE("what ran before the plan is not taken back") {
    CHECK(texts_of(decide::plan_undo({"nvidia"}, {"nvidia", "nvidia_uvm"})) ==
          std::vector<std::string>{"unload module nvidia_uvm"}); // its bake stays active under it
    CHECK(texts_of(decide::plan_undo({}, {})) == std::vector<std::string>{"deactivate"});
}
