// SPDX-License-Identifier: LGPL-2.1-or-later
// What a GPU takes with it when it goes, on a tree of its own. Its coming needs udev: the machine
// tier has it.
#include "flow/device.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/names.hpp"
#include "decide/devices.hpp"
#include "execute/lock.hpp"
#include "execute/system_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "flow/containers.hpp"
#include "flow/gpu_notes.hpp"
#include "flow/watch.hpp"
#include "input/devices.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string first = "0000:01:00.0", second = "0000:02:00.0";
const std::string spec(names::cdi_spec);

std::string information(const std::string& address) {
    return "/proc/driver/nvidia/gpus/" + address + "/information";
}

/// Two GPUs that are ready, as init leaves them.
struct World {
    TemporaryRoot tree;
    execute::SystemEffects effects{tree.root};
    flow::Machine machine{tree.root, effects};

    World() {
        tree.write("/proc/devices", "Character devices:\n195 nvidia\n511 nvidia-uvm\n\n");
        tree.write(information(first), "Device Minor: \t 0\n");
        tree.write(information(second), "Device Minor: \t 1\n");
        tree.write(std::string(names::ready_stamp), "");
        REQUIRE(effects.ensure_directory("/dev/char", 0755));
        const flow::Run run(machine, "init", tests::fitting_machine(), {});
        REQUIRE(flow::note_begin(machine, run, {first, second}));
        REQUIRE(flow::refresh(machine));
        const auto devices = input::read_devices(tree.root);
        REQUIRE(devices);
        REQUIRE(flow::note_nodes(machine, *devices));
    }
};

} // namespace

TEST_CASE("what the driver offers newly gets its node, its link and its place in the spec") {
    World world;
    CHECK(world.tree.root.status("/dev/nvidia1"));
    CHECK(world.tree.root.read_link("/dev/char/195:1") == "../nvidia1");
    CHECK(world.tree.read(spec).contains("/dev/nvidia1"));
}

TEST_CASE("where no GPU is ready nothing is refreshed") {
    World world;
    REQUIRE(world.effects.remove(names::ready_stamp));
    REQUIRE(world.effects.remove("/dev/nvidia1"));
    REQUIRE(world.effects.remove(spec));
    const auto done = flow::refresh(world.machine);
    REQUIRE(done);
    CHECK(done->steps.empty());
    CHECK_FALSE(world.tree.root.exists("/dev/nvidia1"));
    CHECK_FALSE(world.tree.root.exists(spec));
}

TEST_CASE("a GPU that goes leaves the others ready, the last one leaves nothing") { // F-131 F-133
    World world;
    CHECK(flow::remove_device(world.machine, second)); // still in /proc: the event comes first
    CHECK_FALSE(world.tree.root.exists("/dev/nvidia1"));
    CHECK_FALSE(world.tree.root.read_link("/dev/char/195:1"));
    CHECK_FALSE(world.tree.read(spec).contains("/dev/nvidia1"));
    CHECK(world.tree.read(spec).contains("/dev/nvidia0"));
    CHECK(world.tree.root.exists(names::ready_stamp));
    CHECK_FALSE(world.tree.root.exists(names::lost_stamp));

    REQUIRE(world.effects.remove_tree("/proc/driver/nvidia/gpus"));
    CHECK(flow::remove_device(world.machine, first));
    CHECK_FALSE(world.tree.root.exists("/dev/nvidia0"));
    CHECK_FALSE(world.tree.root.exists(spec));
    CHECK_FALSE(world.tree.root.exists(names::ready_stamp));
    CHECK(world.tree.root.exists(names::lost_stamp)); // whoever serves one again calls init
    CHECK(world.tree.root.list(names::gpu_directory)->empty());
}

TEST_CASE("what a killed phase made goes at once; that it died is still to be told") { // F-14
    World world;
    const std::string phase = "device-" + second;
    SUBCASE("of a GPU that is there") {
        world.tree.write("/sys/bus/pci/devices/" + second + "/vendor", "0x10de\n");
        CHECK(flow::abandon_device(world.machine, second));
        CHECK(flow::left_behind(world.tree.root, phase) == std::vector<std::string>{second});
    }
    SUBCASE("of one that was pulled nothing is left to tell") {
        world.tree.write(flow::report_path(phase), "{}");
        CHECK(flow::abandon_device(world.machine, second));
        CHECK(flow::left_behind(world.tree.root, phase).empty());
        CHECK_FALSE(world.tree.root.exists(flow::report_path(phase)));
        CHECK(world.tree.root.list(names::gpu_directory)->size() == 1);
    }
    CHECK_FALSE(world.tree.root.exists("/dev/nvidia1"));
    CHECK_FALSE(world.tree.root.read_link("/dev/char/195:1"));
    CHECK_FALSE(world.tree.read(spec).contains("/dev/nvidia1"));
    CHECK(world.tree.root.exists("/dev/nvidia0"));
}

TEST_CASE("a machine that was not ready has lost nothing") {
    World world;
    REQUIRE(world.effects.remove(names::ready_stamp));
    REQUIRE(world.effects.remove_tree("/proc/driver/nvidia/gpus"));
    CHECK(flow::remove_device(world.machine, first));
    CHECK_FALSE(world.tree.root.exists(names::lost_stamp));
}

TEST_CASE("each GPU that is served gets its unit") { // F-140
    World world;
    fakes::RecordingEffects effects;
    effects.on_run = [](const Tool&) { return ToolResult{}; };
    REQUIRE(flow::attend_devices({world.tree.root, effects}));
    CHECK(effects.calls ==
          std::vector<std::string>{"run /usr/bin/systemctl --no-block start -- gpuboot-device@" +
                                   first + ".service gpuboot-device@" + second + ".service"});
    effects.on_run = [](const Tool&) { return ToolResult{1, false, "no bus"}; };
    CHECK_FALSE(flow::attend_devices({world.tree.root, effects}));
}

TEST_CASE("two phases do not write the spec at the same time") {
    World world;
    const auto held =
        execute::Lock::take_cdi(world.tree.root, world.effects, std::chrono::seconds(1));
    REQUIRE(held);
    const auto refreshed = flow::refresh_cdi(world.machine);
    REQUIRE_FALSE(refreshed);
    CHECK(refreshed.error().code == Errc::Busy);
    // A GPU that goes takes its node along all the same.
    CHECK_FALSE(flow::remove_device(world.machine, second));
    CHECK_FALSE(world.tree.root.exists("/dev/nvidia1"));
}

TEST_CASE("a GPU that a phase has judged with its driver is not judged again when it is bound") {
    World world;
    flow::Run run(world.machine, "init", tests::fitting_machine(), {});
    REQUIRE(flow::note_begin(world.machine, run, {first}));
    run.report().gpus = {{{first, "10de:20b0", "nvidia"}, 0, "/dev/nvidia0", false}};
    run.finish(tests::fitting_machine(), {});
    const auto bound = flow::bound_device(world.machine, first);
    REQUIRE(bound);
    CHECK_FALSE(*bound);
    CHECK_FALSE(world.tree.root.exists(flow::report_path("device-" + first)));
}

TEST_CASE("a GPU whose removal waits is told with who holds it, and given to nobody more") { // F-88
    World world;
    const flow::Machine& machine = world.machine;
    flow::Run run(machine, "init", tests::fitting_machine(), {});
    REQUIRE(flow::note_begin(machine, run, {first, second}));
    run.report().gpus = {{{first, "10de:20b0", "nvidia"}, 0, "/dev/nvidia0", true},
                         {{second, "10de:20b0", "nvidia"}, 1, "/dev/nvidia1", true}};
    run.finish(tests::fitting_machine(), {});
    world.tree.write("/proc/812/comm", "python3\n");
    world.tree.link("/proc/812/fd/9", world.tree.outside("/dev/nvidia1"));
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    const Fd kernel(ends[0]), kmsg(ends[1]);
    const auto say = [&](const std::string& record) {
        REQUIRE(::write(kernel.get(), record.data(), record.size()) > 0);
    };
    say("6,1,2,-;usb 1-1: new device");
    say("3,2,3,-;NVRM: Attempting to remove device 0000:05:00.0 with non-zero usage count!");
    say("3,3,4,-;NVRM: Attempting to remove device " + second + " with non-zero usage count!");
    REQUIRE(::shutdown(kernel.get(), SHUT_WR) == 0);
    CHECK(flow::watch(machine, kmsg.get()));
    CHECK_FALSE(world.tree.root.exists(flow::report_path("device-0000:05:00.0")));
    const auto word = flow::read_word(world.tree.root, second);
    REQUIRE(word);
    CHECK_FALSE(word->ready);
    CHECK(world.tree.read(flow::report_path("device-" + second)).contains("python3 (pid 812)"));
    CHECK_FALSE(world.tree.read(spec).contains("/dev/nvidia1"));
    CHECK(flow::read_word(world.tree.root, first)->ready);
    REQUIRE(world.effects.remove("/dev/nvidia1"));
    REQUIRE(flow::refresh(machine)); // for some other GPU's sake
    CHECK_FALSE(world.tree.root.exists("/dev/nvidia1"));
    CHECK_FALSE(world.tree.read(spec).contains("/dev/nvidia1"));
    CHECK(world.tree.read(spec).contains("/dev/nvidia0"));
}
