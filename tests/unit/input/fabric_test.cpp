// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver of a data centre's GPU offers; the texts are those of 580.159.04 on an H200.
#include "input/fabric.hpp"

#include <doctest/doctest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "fakes/temporary_root.hpp"
#include "input/devices.hpp"

using namespace gpuboot;
using namespace gpuboot::input;
using gpuboot::fakes::TemporaryRoot;
using gpuboot::model::Capability;

namespace {

constexpr const char* devices = "Character devices:\n195 nvidia\n195 nvidiactl\n238 nvidia-uvm\n"
                                "239 nvidia-nvswitch\n240 nvidia-nvlink\n241 nvidia-caps\n"
                                "242 nvidia-caps-imex-channels\n\nBlock devices:\n  7 loop\n";

void capability(const TemporaryRoot& tree, const std::string& path, int minor, int mode,
                int modify = 1) {
    tree.write("/proc/driver/" + path, "DeviceFileMinor: " + std::to_string(minor) +
                                           "\nDeviceFileMode: " + std::to_string(mode) +
                                           "\nDeviceFileModify: " + std::to_string(modify) + "\n");
}

void make_node(const TemporaryRoot& tree, const std::string& path, unsigned major, unsigned minor) {
    REQUIRE(::mknod(tree.outside(path).c_str(), S_IFCHR | 0600, makedev(major, minor)) == 0);
}

} // namespace

TEST_CASE("capabilities are found as deep as MIG has them, with the mode in decimal") { // S1-03
    const TemporaryRoot tree;
    capability(tree, "nvidia/capabilities/mig/config", 1, 256);
    capability(tree, "nvidia/capabilities/mig/monitor", 2, 292);
    capability(tree, "nvidia/capabilities/gpu0/mig/gi1/access", 12, 292);
    capability(tree, "nvidia/capabilities/gpu0/mig/gi1/ci0/access", 13, 292, 0);
    capability(tree, "nvidia-nvlink/capabilities/fabric-mgmt", 0, 256);
    const auto fabric = read_fabric(tree.root, devices);
    CHECK(fabric.caps_major == 241U);
    CHECK(fabric.nvlink_major == 240U);
    CHECK(fabric.nvswitch_major == 239U);
    CHECK(fabric.imex_major == 242U);
    CHECK((fabric.capabilities == std::vector<Capability>{
                                      {"gpu0/mig/gi1/access", 12, 0444, true},
                                      {"gpu0/mig/gi1/ci0/access", 13, 0444, false},
                                      {"mig/config", 1, 0400, true},
                                      {"mig/monitor", 2, 0444, true},
                                      {"fabric-mgmt", 0, 0400, true},
                                  }));
}

TEST_CASE("what is no capability, or lies too deep to be one, is none") { // F-59
    const TemporaryRoot tree;
    const std::string folder = "/proc/driver/nvidia/capabilities/";
    tree.write(folder + "README", "The capabilities of this driver.\n");
    tree.write(folder + "negative", "DeviceFileMinor: -1\nDeviceFileMode: 256\n");
    tree.write(folder + "without-mode", "DeviceFileMinor: 3\n");
    tree.write(folder + "a/b/c/d/e/f/g/h/i/access", "DeviceFileMinor: 4\nDeviceFileMode: 256\n");
    tree.link(folder + "elsewhere", "/etc");
    CHECK(read_fabric(tree.root, devices).capabilities.empty());
}

TEST_CASE("NVSwitches are counted, and the nodes' modes are the driver's") {
    const TemporaryRoot tree;
    tree.write("/proc/driver/nvidia-nvswitch/permissions", "DeviceFileMode: 432\n");
    tree.write("/proc/driver/nvidia-nvlink/permissions", "DeviceFileMode: 438\n");
    tree.write("/proc/driver/nvidia-nvswitch/devices/0000:05:00.0", "BIOS Version: N/A\n");
    tree.write("/proc/driver/nvidia-nvswitch/devices/0000:06:00.0", "BIOS Version: N/A\n");
    const auto fabric = read_fabric(tree.root, devices);
    CHECK(fabric.nvswitches == 2);
    CHECK(fabric.nvswitch_mode == 0660);
    CHECK(fabric.nvlink_mode == 0666);
}

TEST_CASE("IMEX channels: those that have a node, and the one the driver is asked to make") {
    REQUIRE_MESSAGE(::geteuid() == 0, "this test makes device nodes: run it as root");
    const TemporaryRoot tree;
    tree.write("/dev/nvidia-caps-imex-channels/other", "");
    make_node(tree, "/dev/nvidia-caps-imex-channels/channel7", 242, 7);
    CHECK(read_fabric(tree.root, devices).imex_channels == std::vector<unsigned>{7});
    tree.write("/proc/driver/nvidia/params", "ImexChannelCount: 2048\nCreateImexChannel0: 1\n");
    CHECK(read_fabric(tree.root, devices).imex_channels == std::vector<unsigned>{0, 7});
}

TEST_CASE("a driver without any of it, and no driver at all") {
    const TemporaryRoot tree;
    CHECK(read_fabric(tree.root, "Character devices:\n195 nvidia\n") == model::FabricFacts{});
    CHECK(read_fabric(tree.root, "") == model::FabricFacts{});
}

TEST_CASE("nodes and links that are left of what is gone are facts, too") {
    REQUIRE_MESSAGE(::geteuid() == 0, "this test makes device nodes: run it as root");
    const TemporaryRoot tree;
    tree.write("/proc/devices", devices);
    tree.write("/dev/nvidia-caps/README", "");
    make_node(tree, "/dev/nvidia-caps/nvidia-cap12", 241, 12);
    tree.link("/dev/char/241:12", "../nvidia-caps/nvidia-cap12");
    tree.link("/dev/char/195:3", "../nvidia3");
    tree.link("/dev/char/1:3", "../null");
    const auto facts = read_devices(tree.root);
    REQUIRE(facts);
    const auto node =
        std::ranges::find(facts->nodes, "/dev/nvidia-caps/nvidia-cap12", &model::NodeFact::path);
    REQUIRE(node != facts->nodes.end());
    CHECK(node->char_link == "../nvidia-caps/nvidia-cap12");
    CHECK((facts->links == std::vector<model::CharLink>{
                               {"/dev/char/195:3", "../nvidia3", false},
                               {"/dev/char/241:12", "../nvidia-caps/nvidia-cap12", true}}));
}

TEST_CASE("MIG's instances are known by the folders that grant access") { // P11
    const TemporaryRoot tree;
    const Root& root = tree.root;
    CHECK(!read_mig_instances(root)); // no driver, or none of a GPU that can have any
    capability(tree, "nvidia/capabilities/mig/config", 1, 256);
    CHECK(!read_mig_instances(root));
    tree.write("/proc/driver/nvidia/capabilities/gpu1/mig/left", "");
    CHECK(read_mig_instances(root) == std::vector<std::string>{});
    tree.write("/proc/driver/nvidia/capabilities/gpu0/mig/gi2/x", ""); // still being made
    capability(tree, "nvidia/capabilities/gpu0/mig/gi1/ci0/access", 31, 292);
    CHECK(read_mig_instances(root) == std::vector<std::string>{});
    capability(tree, "nvidia/capabilities/gpu0/mig/gi1/access", 30, 292);
    CHECK(read_mig_instances(root) == std::vector<std::string>{"gpu0/mig/gi1", "gpu0/mig/gi1/ci0"});
}
