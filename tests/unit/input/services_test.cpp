// SPDX-License-Identifier: LGPL-2.1-or-later
// P16 P17: the fabric is read off the hardware, never off a list of machine types.
#include "input/services.hpp"

#include <doctest/doctest.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

void plug(const TemporaryRoot& tree, const std::string& address, const std::string& vendor,
          const std::string& kind) {
    const std::string folder = "/sys/bus/pci/devices/" + address;
    tree.write(folder + "/vendor", vendor + "\n");
    tree.write(folder + "/class", kind + "\n");
}

} // namespace

TEST_CASE("NVSwitches are bridges of NVIDIA's; its GPUs and others' bridges are none") {
    const TemporaryRoot tree;
    CHECK((input::read_fabric_hardware(tree.root) == FabricManagerFacts{}));
    plug(tree, "0000:06:00.0", "0x10de", "0x068000");
    plug(tree, "0000:07:00.0", "0x10de", "0x068000");
    plug(tree, "0000:41:00.0", "0x10de", "0x030200");
    plug(tree, "0000:00:1f.0", "0x8086", "0x068000");
    CHECK(input::read_fabric_hardware(tree.root).switches == 2);
}

TEST_CASE("a NIC that manages NVLink5's switches says so in its vital product data") {
    const TemporaryRoot tree;
    const std::string garbage("\x82\x10\x00\xff\x00", 5);
    tree.write("/sys/class/infiniband/mlx5_0/device/vpd", garbage + "SMDL=SW_MNG" + garbage);
    tree.write("/sys/class/infiniband/mlx5_1/device/vpd", garbage + "PN MCX755106AS");
    tree.write("/sys/class/infiniband/mlx5_2/device/vpd", std::string(1 << 20, 'S'));
    tree.write("/sys/class/infiniband/mlx5_3/ports", ""); // no vpd at all
    auto found = input::read_fabric_hardware(tree.root);
    CHECK(found.managing_ports == 1);
    CHECK_FALSE(found.umad);
    CHECK_FALSE(found.subnet_manager);
    tree.write("/sys/class/infiniband_mad/umad0/dev", "231:0\n");
    tree.write("/opt/nvidia/nvlsm/sbin/nvlsm", "");
    found = input::read_fabric_hardware(tree.root);
    CHECK(found.umad);
    CHECK(found.subnet_manager);
}

TEST_CASE("nv-fabricmanager's own word on its version, and nothing else") {
    using input::fabric_manager_version;
    CHECK(fabric_manager_version("Fabric Manager version is : 535.261.03\n") == "535.261.03");
    CHECK(fabric_manager_version("") == "");
    CHECK(fabric_manager_version("Fabric Manager version is : ; rm -rf /\n") == "");
    CHECK(fabric_manager_version("version is : ") == "");
    CHECK(fabric_manager_version("error while loading shared libraries\n") == "");
}

TEST_CASE("units that cannot be started, in the order they were asked after") {
    const std::vector<std::string> asked{"a.service", "b.service", "c.service"};
    const auto found =
        input::unusable_in("LoadState=loaded\n\nLoadState=not-found\n\nLoadState=masked\n", asked);
    CHECK(
        (found == std::vector<UnusableUnit>{{"b.service", "not-found"}, {"c.service", "masked"}}));
    CHECK(input::unusable_in("", asked).empty()); // systemd did not answer: their start will tell
    CHECK(input::unusable_in("LoadState=masked", asked).size() == 1);
}

TEST_CASE("units that run, and those that are about to") {
    const std::vector<std::string> asked{"a.service", "b.target", "c.service", "d.path"};
    const auto running =
        input::running_in("ActiveState=active\n\nActiveState=inactive\n\nActiveState="
                          "activating\n\nActiveState=failed\n",
                          asked);
    CHECK((running == std::vector<std::string>{"a.service", "c.service"}));
    CHECK(input::running_in("", asked).empty());
}

TEST_CASE("the persistence daemon counts wherever its unit lies; no tool of another tree is run") {
    const TemporaryRoot tree;
    CHECK_FALSE(input::read_services(tree.root, {}).persistence_daemon);
    tree.write("/etc/systemd/system/nvidia-persistenced.service", "");
    Policy policy;
    policy.critical_units = {"no-such-unit-anywhere.service"};
    const auto facts = input::read_services(tree.root, policy);
    CHECK(facts.persistence_daemon);
    CHECK(facts.unusable.empty());
}
