// SPDX-License-Identifier: LGPL-2.1-or-later
// P9 P16 P17 S3-05: what the golden cases do not show of services.
#include "decide/services.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

ServiceFacts fabric(unsigned switches, unsigned ports = 0) {
    ServiceFacts facts;
    facts.driver = "535.261.03";
    facts.fabric.switches = switches;
    facts.fabric.managing_ports = ports;
    facts.fabric.umad = facts.fabric.subnet_manager = true;
    facts.fabric.version = facts.driver;
    return facts;
}

} // namespace

TEST_CASE("the need of a fabric manager is the hardware's, in words") {
    CHECK(decide::fabric_need(fabric(0)) == "");
    CHECK(decide::fabric_need(fabric(1)) == "1 NVSwitch");
    CHECK(decide::fabric_need(fabric(6)) == "6 NVSwitches");
    CHECK(decide::fabric_need(fabric(0, 1)) == "the NVLink5 switches behind 1 port");
    CHECK(decide::fabric_need(fabric(0, 4)) == "the NVLink5 switches behind 4 ports");
}

TEST_CASE("that the fabric manager is left alone is told with its cause") {
    Policy policy;
    CHECK(decide::fabric_left_alone(fabric(0), policy).contains("without NVSwitches"));
    CHECK(decide::fabric_left_alone(fabric(2), policy) == "");
    policy.fabric_manager = FabricManagerRule::Off;
    CHECK(decide::fabric_left_alone(fabric(2), policy) ==
          "fabric manager for 2 NVSwitches left to others by policy");
}

TEST_CASE("a fabric manager that does not tell its version is tried") {
    ServiceFacts facts = fabric(6);
    facts.fabric.version.clear();
    CHECK(decide::judge_services(facts, {}).empty());
    CHECK((decide::plan_fabric(facts, {}) ==
           Plan{StartUnit{"nvidia-fabricmanager.service", true, "6 NVSwitches"}, TestFabric{60}}));
}

TEST_CASE("NVSwitches on the bus need neither ib_umad nor nvlsm") {
    ServiceFacts facts = fabric(6);
    facts.fabric.umad = facts.fabric.subnet_manager = false;
    CHECK(decide::judge_services(facts, {}).empty());
}

TEST_CASE("persistence is nobody's where policy says so, or no daemon is there") {
    ServiceFacts facts;
    CHECK(decide::plan_deferred(facts, {}).empty());
    facts.persistence_daemon = true;
    CHECK(decide::plan_deferred(facts, {}).size() == 1);
    Policy policy;
    policy.persistence = PersistenceRule::Off;
    CHECK(decide::plan_deferred(facts, policy).empty());
}

TEST_CASE("a GPU that is being removed is let go by ours, and its other users stay known") { // P15
    std::vector<DeviceUser> users{{7, "gpuboot-probe", "gpuboot-hold.service", "nvidia"},
                                  {8, "python3", "", "nvidia"}};
    CHECK((decide::plan_let_go(users) == Plan{ReloadUnit{"gpuboot-hold.service"}}));
    REQUIRE(users.size() == 1);
    CHECK(users.front().pid == 8);
    CHECK(decide::plan_let_go(users).empty());
}

TEST_CASE("a GPU that came is held only where policy has us hold them") { // P15
    Policy policy;
    CHECK(decide::plan_hold(policy).empty());
    policy.persistence = PersistenceRule::Hold;
    CHECK((decide::plan_hold(policy) == Plan{ReloadUnit{"gpuboot-hold.service"}}));
}
