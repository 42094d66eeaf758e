// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/running.hpp"

#include <doctest/doctest.h>

#include "decide/plan.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot::decide;
using namespace gpuboot::model;

namespace {

/// Another version runs, idle, and all of it could be put back.
Facts idle_other() {
    Facts facts = gpuboot::tests::fitting_machine();
    facts.gpus.front().driver = "nvidia";
    facts.loaded =
        LoadedDriver{"570.1", Kind::Open, {"nvidia", "nvidia_drm", "nvidia_modeset"}, "A"};
    facts.running.modules = {{"nvidia", "live", "A", 1, {"nvidia_modeset"}},
                             {"nvidia_drm", "live", "D", 0, {}},
                             {"nvidia_modeset", "live", "M", 1, {"nvidia_drm"}}};
    facts.running.origins = {{"nvidia", "/a", "A", "aaaaaaaaaaaa"},
                             {"nvidia_drm", "/d", "D", "dddddddddddd"},
                             {"nvidia_modeset", "/m", "M", "mmmmmmmmmmmm"}};
    return facts;
}

std::vector<std::string> texts(const Plan& plan) {
    std::vector<std::string> list;
    for (const Step& step : plan)
        list.push_back(to_text(step));
    return list;
}
using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("users of a module go before it, whatever they are called") { // S1-22
    Facts facts = idle_other();
    CHECK(judge_unload(facts).empty());
    CHECK(texts(plan_unload(facts)) == Texts{"unload module nvidia_drm",
                                             "unload module nvidia_modeset",
                                             "unload module nvidia"});
    facts.running.modules.insert(facts.running.modules.begin(), {"a_helper", "live", "H", 0, {}});
    facts.running.modules[2].holders = {"a_helper"}; // of nvidia_drm
    facts.running.modules[2].refcount = 1;
    CHECK(texts(plan_unload(facts)).front() == "unload module a_helper");
    const auto reasons = judge_unload(facts);
    REQUIRE(reasons.size() == 1); // somebody else's module, which nobody could put back
    CHECK(to_text(reasons.front()).contains("a_helper stays: no file is known"));
}

TEST_CASE("modules that hold each other up are no driver that can go") {
    Facts facts = idle_other();
    facts.running.modules[1].holders = {"nvidia"};
    const auto reasons = judge_unload(facts);
    REQUIRE(reasons.size() == 3);
    CHECK(reasons.front().code == ReasonCode::DriverInUse);
    CHECK(plan_unload(facts).empty());
}

TEST_CASE("what has gone comes back in the order of dependence, and only that") { // F-79
    Facts facts = idle_other();
    facts.running.users = {{700, "x", "nvidia-persistenced.service", "nvidia"},
                           {701, "y", "nvidia-persistenced.service", "nvidia_modeset"}};
    CHECK(texts(plan_unload(facts)).front() == "stop unit nvidia-persistenced.service");
    CHECK(texts(plan_restore(facts, {"nvidia", "nvidia_modeset"})) ==
          Texts{"load module nvidia_drm (sha256 dddddddddddd)",
                "enqueue unit nvidia-persistenced.service"});
    CHECK(texts(plan_restore(facts, {})) ==
          Texts{"load module nvidia (sha256 aaaaaaaaaaaa)",
                "load module nvidia_modeset (sha256 mmmmmmmmmmmm)",
                "load module nvidia_drm (sha256 dddddddddddd)",
                "enqueue unit nvidia-persistenced.service"});
}

TEST_CASE("a driver whose modules nobody can see is not touched") {
    Facts facts = idle_other();
    facts.running = {};
    REQUIRE(judge_unload(facts).size() == 1);
    CHECK(judge_unload(facts).front().code == ReasonCode::OriginUnknown);
}

TEST_CASE("a copy of the same version without srcversion cannot be told from the bake's") {
    Facts facts = idle_other();
    facts.loaded =
        LoadedDriver{"535.261.03", Kind::Open, {"nvidia", "nvidia_modeset", "nvidia_uvm"}, ""};
    facts.bakes.front().marker.value->modules.front().srcversion = "B";
    facts.bakes.front().files.front().srcversion = "B";
    CHECK_FALSE(in_the_way(facts));
    facts.loaded->srcversion = "A";
    CHECK(in_the_way(facts));
    facts.loaded->srcversion = "B";
    CHECK_FALSE(in_the_way(facts));
    facts.loaded->modules = {"nvidia"}; // half of it: mixing two is not ours to begin (V8)
    CHECK(in_the_way(facts));
    facts.active = "b1";
    CHECK_FALSE(in_the_way(facts));
}
