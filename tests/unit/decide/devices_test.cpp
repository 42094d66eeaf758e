// SPDX-License-Identifier: LGPL-2.1-or-later
// Beside the golden cases: properties of the plan for the nodes.
#include "decide/devices.hpp"

#include <doctest/doctest.h>

#include "decide/plan.hpp"

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

DeviceFacts machine(unsigned gpus) {
    DeviceFacts facts;
    facts.frontend_major = 195;
    facts.uvm_major = 511;
    for (unsigned i = 0; i < gpus; ++i) {
        const std::string address =
            "0000:0" + std::to_string(i % 10) + ":00." + std::to_string(i / 10);
        facts.gpus.push_back({address, "10de:20b0", "nvidia"});
        facts.served.push_back({address, i});
    }
    return facts;
}

/// What lies in /dev once the steps have been done.
void perform(const Plan& plan, DeviceFacts& facts) {
    for (const Step& step : plan) {
        if (const auto* node = std::get_if<MakeNode>(&step)) {
            std::erase_if(facts.nodes, [&](const NodeFact& n) { return n.path == node->path; });
            facts.nodes.push_back({node->path, true, true, node->major, node->minor, node->mode,
                                   node->uid, node->gid, ""});
        }
        if (const auto* gone = std::get_if<Remove>(&step)) {
            std::erase_if(facts.nodes, [&](const NodeFact& n) { return n.path == gone->path; });
            std::erase_if(facts.links, [&](const CharLink& l) { return l.path == gone->path; });
        }
        if (const auto* link = std::get_if<MakeLink>(&step)) {
            for (NodeFact& node : facts.nodes)
                if (link->path ==
                    "/dev/char/" + std::to_string(node.major) + ":" + std::to_string(node.minor))
                    node.char_link = link->target;
            std::erase_if(facts.links, [&](const CharLink& l) { return l.path == link->path; });
            facts.links.push_back({link->path, link->target, true});
        }
    }
}

} // namespace

TEST_CASE("what the plan makes is what is judged right, and then there is nothing to do") {
    for (unsigned gpus : {0U, 1U, 16U}) { // F-92
        DeviceFacts facts = machine(gpus);
        facts.modeset = gpus != 1;
        perform(decide::plan_nodes(facts), facts);
        CHECK(decide::judge_devices(facts).empty());
        CHECK(decide::plan_nodes(facts).empty());
        CHECK(decide::wanted_nodes(facts).size() == 3 + gpus + (facts.modeset ? 1 : 0));
    }
}

TEST_CASE(
    "the same holds of MIG, NVSwitches, NVLink and IMEX, also when their majors move") { // F-91
    DeviceFacts facts = machine(8);
    facts.fabric.caps_major = 241;
    facts.fabric.nvlink_major = 240;
    facts.fabric.nvswitch_major = 239;
    facts.fabric.imex_major = 242;
    facts.fabric.nvswitches = 4;
    facts.fabric.imex_channels = {0};
    facts.fabric.capabilities = {{"mig/config", 1, 0400, true}, {"gi1/access", 12, 0444, true}};
    perform(decide::plan_nodes(facts), facts);
    CHECK(decide::judge_devices(facts).empty());
    CHECK(decide::plan_nodes(facts).empty());
    CHECK(decide::wanted_nodes(facts).size() == 3 + 8 + 1 + 5 + 1 + 2);

    const auto links = facts.links.size();
    for (auto* major :
         {&facts.frontend_major, &facts.uvm_major, &facts.fabric.caps_major,
          &facts.fabric.nvlink_major, &facts.fabric.nvswitch_major, &facts.fabric.imex_major})
        *major = **major + 10;
    CHECK_FALSE(decide::judge_devices(facts).empty());
    perform(decide::plan_nodes(facts), facts);
    CHECK(decide::judge_devices(facts).empty());
    CHECK(facts.links.size() == links); // none of an earlier major is left
}

TEST_CASE("one GPU's plan touches nothing of the fabric's") {
    DeviceFacts facts = machine(2);
    facts.fabric.nvlink_major = 240;
    facts.links = {{"/dev/char/511:9", "../nvidia9", false}};
    for (const MakeNode& node : decide::wanted_nodes(facts, facts.gpus.front().address))
        CHECK(node.path == "/dev/nvidia0");
    for (const Step& step : decide::plan_nodes(facts, facts.gpus.front().address))
        CHECK_FALSE(std::holds_alternative<Remove>(step));
}

TEST_CASE("the same holds when every node has another major than before") { // F-91
    DeviceFacts facts = machine(2);
    perform(decide::plan_nodes(facts), facts);
    facts.frontend_major = 240;
    facts.uvm_major = 241;
    CHECK_FALSE(decide::judge_devices(facts).empty());
    perform(decide::plan_nodes(facts), facts);
    CHECK(decide::judge_devices(facts).empty());
}

TEST_CASE("one GPU's plan touches no other node") {
    DeviceFacts facts = machine(3);
    const auto nodes = decide::wanted_nodes(facts, facts.served[1].address);
    REQUIRE(nodes.size() == 1);
    CHECK(nodes.front().path == "/dev/nvidia1");
    CHECK(decide::wanted_nodes(facts, "ffff:ff:1f.7").empty());
}

TEST_CASE("readiness is tested for every GPU that is served, and for no other") {
    DeviceFacts facts = machine(2);
    facts.gpus.push_back({"0000:09:00.0", "10de:20b0", "vfio-pci"});
    const auto test = std::get<TestReady>(decide::plan_test(facts, {}).front());
    CHECK(test.nodes == std::vector<std::string>{"/dev/nvidia0", "/dev/nvidia1"});
}

TEST_CASE("ready is said after every critical unit and before every deferred one") { // S3-05
    Policy policy;
    policy.critical_units = {"a.service", "b.service"};
    policy.deferred_units = {"c.service"};
    const Plan plan = decide::plan_ready(machine(1), policy);
    REQUIRE(plan.size() == 5);
    CHECK(std::holds_alternative<WithdrawCdi>(plan[0])); // nothing is known to have a node
    CHECK((plan[1] == Step(StartUnit{"a.service", true})));
    CHECK((plan[2] == Step(StartUnit{"b.service", true})));
    CHECK((plan[3] == Step(MarkReady{})));
    CHECK((plan[4] == Step(DeferUnit{"c.service"})));
}

TEST_CASE("every failed step has a reason that says what failed") {
    const Plan steps{Activate{"b"},
                     Deactivate{},
                     LoadModule{"b", "nvidia", "d", {}},
                     UnloadModule{"n"},
                     RequestRebuild{},
                     MakeNode{"/dev/nvidia0", 195, 0},
                     RequestLoader{},
                     SetFirmwarePath{"/a"},
                     MakeLink{"/a", "b"},
                     Remove{"/dev/x"},
                     TestReady{},
                     TestFabric{},
                     StartUnit{"u", true},
                     MarkReady{}};
    for (const Step& step : steps)
        CHECK(to_text(decide::reason_of(step, "BECAUSE")).contains("BECAUSE"));
}
