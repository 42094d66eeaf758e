// SPDX-License-Identifier: LGPL-2.1-or-later
// What runs, who uses it and where it is from, on trees that look like /sys and /proc.
#include "input/running.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/digest.hpp"
#include "fakes/module_image.hpp"
#include "fakes/temporary_root.hpp"
#include "input/device_users.hpp"
#include "input/gather.hpp"
#include "input/origins.hpp"

using namespace gpuboot;
using namespace gpuboot::input;
using fakes::TemporaryRoot;

namespace {

constexpr const char* srcversion = "0123456789ABCDEF0123456"; // of every module_image

void add_module(const TemporaryRoot& tree, const std::string& name, const std::string& refcount,
                const std::vector<std::string>& holders, const std::string& state = "live") {
    const std::string folder = "/sys/module/" + name;
    tree.write(folder + "/initstate", state + "\n");
    tree.write(folder + "/refcnt", refcount + "\n");
    tree.write(folder + "/srcversion", std::string(srcversion) + "\n");
    for (const std::string& holder : holders)
        tree.write(folder + "/holders/" + holder, "");
}

model::Facts other_driver(const TemporaryRoot& tree) {
    model::Facts facts;
    facts.host.kernel = "6.1.0-50-cloud-amd64";
    facts.pin.value = model::Pin{"535.261.03", model::Kind::Open, {}, {}};
    facts.loaded = model::LoadedDriver{"570.1", model::Kind::Open, {"nvidia"}, srcversion};
    facts.running.modules = read_running_modules(tree.root);
    return facts;
}

} // namespace

TEST_CASE("the driver's modules are read with all that stands on them") { // F-79
    const TemporaryRoot tree;
    CHECK(read_running_modules(tree.root).empty());
    add_module(tree, "nvidia", "4", {"gdrdrv", "nvidia_uvm"});
    add_module(tree, "nvidia_uvm", "1", {});
    add_module(tree, "gdrdrv", "0", {}); // not NVIDIA's name, and in the way all the same
    tree.write("/sys/module/nvidia_wmi_ec_backlight/initstate", "live\n"); // no part of it
    tree.write("/sys/module/nvidia_drm/parameters/modeset", "N\n");        // built in: no state
    const auto modules = read_running_modules(tree.root);
    REQUIRE(modules.size() == 3);
    CHECK(modules[0].name == "gdrdrv");
    CHECK((modules[1] ==
           model::RunningModule{"nvidia", "live", srcversion, 4, {"gdrdrv", "nvidia_uvm"}}));
    CHECK(modules[2].refcount == 1);
}

TEST_CASE("a module that another loader began is waited for, and not for ever") { // F-80 F-83
    using namespace std::chrono;
    const TemporaryRoot tree;
    add_module(tree, "nvidia", "1", {}, "coming");
    CHECK(read_running_modules(tree.root).front().state == "coming");
    auto begin = steady_clock::now();
    wait_for_modules(tree.root, milliseconds(60));
    CHECK(steady_clock::now() - begin >= milliseconds(60));
    add_module(tree, "nvidia", "1", {}, "live");
    begin = steady_clock::now();
    wait_for_modules(tree.root, seconds(30));
    CHECK(steady_clock::now() - begin < seconds(5));
}

TEST_CASE("who holds a device open is found by its number") { // F-78
    const TemporaryRoot tree;
    // /dev/null is 1:3 and /dev/zero 1:5 on every Linux; here they are NVIDIA's.
    tree.write("/proc/devices", "Character devices:\n  1 nvidia\n  9 st\n\nBlock devices:\n");
    tree.write("/proc/812/comm", "python3\n");
    tree.write("/proc/812/cgroup", "0::/user.slice/user-1000.slice/session-1.scope\n");
    tree.link("/proc/812/fd/0", "/dev/null");
    tree.link("/proc/812/fd/1", "/dev/null");
    tree.write("/proc/700/comm", "nvidia-persiste\n");
    tree.write("/proc/700/cgroup", "0::/system.slice/nvidia-persistenced.service\n");
    tree.link("/proc/700/fd/3", "/dev/zero");
    tree.write("/proc/900/comm", "cat\n"); // its standard input is a plain file
    tree.write("/proc/900/fd/0", "text");
    tree.link("/proc/900/fd/1", "/nowhere");
    tree.write("/proc/self/comm", "not a number");
    const DeviceUsers found = read_device_users(tree.root);
    CHECK(found.flaw == "");
    REQUIRE(found.users.size() == 2);
    CHECK((found.users[0] ==
           model::DeviceUser{700, "nvidia-persiste", "nvidia-persistenced.service", "nvidia"}));
    CHECK((found.users[1] == model::DeviceUser{812, "python3", "", "nvidia"}));
}

TEST_CASE("who holds one device, among those of the same driver") { // F-88
    const TemporaryRoot tree;
    tree.write("/proc/devices", "Character devices:\n  1 nvidia\n");
    tree.write("/proc/812/comm", "python3\n");
    tree.link("/proc/812/fd/0", "/dev/null"); // 1:3
    tree.write("/proc/700/comm", "other\n");
    tree.link("/proc/700/fd/3", "/dev/zero"); // 1:5
    const auto found = input::read_node_users(tree.root, 1, 5).users;
    REQUIRE(found.size() == 1);
    CHECK(found.front().pid == 700);
    CHECK(input::read_node_users(tree.root, 1, 9).users.empty());
}

TEST_CASE("each device belongs to its module") {
    const TemporaryRoot tree;
    tree.write("/proc/1/comm", "x\n");
    tree.link("/proc/1/fd/0", "/dev/null");
    const auto module = [&](const std::string& devices) {
        tree.write("/proc/devices", "Character devices:\n" + devices);
        const auto users = read_device_users(tree.root).users;
        return users.empty() ? "" : users.front().module;
    };
    CHECK(module("  1 nvidia-frontend\n") == "nvidia");
    CHECK(module("  1 nvidia-caps\n") == "nvidia");
    CHECK(module("  1 nvidia-uvm\n") == "nvidia_uvm");
    CHECK(module("  1 mem\n") == "");
    CHECK(module("Block devices:\n  1 nvidia\n") == "");
    CHECK(module("  1 drm\n") == ""); // another card's
    tree.link("/sys/dev/char/1:3/device/driver", "../../bus/pci/drivers/nvidia");
    CHECK(module("  1 drm\n") == "nvidia_drm");
}

TEST_CASE("a module can be put back from a file with the same source") { // F-79
    const TemporaryRoot tree;
    add_module(tree, "nvidia", "1", {"nvidia_uvm"});
    add_module(tree, "nvidia_uvm", "0", {});
    const std::string folder = "/lib/modules/6.1.0-50-cloud-amd64/";
    const std::string image = fakes::module_image("nvidia", "6.1.0-50-cloud-amd64");
    tree.write(folder + "updates/dkms/nvidia.ko", image);
    tree.write(folder + "extra/nvidia.ko", image); // the first is enough
    tree.write(folder + "updates/dkms/nvidia-modeset.ko",
               fakes::module_image("nvidia_modeset", "6.1.0-50-cloud-amd64")); // does not run
    tree.write(folder + "updates/dkms/nvidia-uvm.ko", "no module");
    Images images;
    auto origins = read_origins(tree.root, other_driver(tree), images);
    REQUIRE(origins.size() == 1);
    CHECK(origins[0].name == "nvidia");
    CHECK(origins[0].path == folder + "extra/nvidia.ko");
    CHECK(origins[0].sha256 == sha256_hex(bytes_of(image)));
    CHECK(text_of(images.at(origins[0].sha256)) == image);

    SUBCASE("not from one that another could have written") {
        ::chmod(tree.outside(folder + "extra/nvidia.ko").c_str(), 0666);
        ::chmod(tree.outside(folder + "updates/dkms/nvidia.ko").c_str(), 0666);
        CHECK(read_origins(tree.root, other_driver(tree), images).empty());
    }
    SUBCASE("not from one of other source") {
        tree.write("/sys/module/nvidia/srcversion", "another\n");
        CHECK(read_origins(tree.root, other_driver(tree), images).empty());
    }
    SUBCASE("the active bake comes first") {
        tree.write("/var/lib/gpuboot/bakes/b1/modules/nvidia.ko", image);
        tree.link("/run/gpuboot/active", "/var/lib/gpuboot/bakes/b1");
        origins = read_origins(tree.root, other_driver(tree), images);
        REQUIRE(origins.size() == 1);
        CHECK(origins[0].path == "/run/gpuboot/active/modules/nvidia.ko");
    }
}

TEST_CASE("only another's driver is looked into") {
    const TemporaryRoot tree;
    add_module(tree, "nvidia", "0", {});
    model::Facts facts = other_driver(tree);
    CHECK(is_suspicious(facts)); // another version
    facts.loaded->version = "535.261.03";
    CHECK(is_suspicious(facts)); // not activated by gpuboot
    facts.active = "b1";
    CHECK_FALSE(is_suspicious(facts));
    facts.active_kind = model::Kind::Grid; // the pin has changed since
    CHECK(is_suspicious(facts));
    facts.active_kind = facts.pin.value->kind;
    facts.active_srcversion = "another"; // another loader won
    CHECK(is_suspicious(facts));
    facts.loaded.reset();
    CHECK_FALSE(is_suspicious(facts));
}
