// SPDX-License-Identifier: LGPL-2.1-or-later
// S2-09 S2-10 F-60
#include "input/wanted.hpp"

#include <doctest/doctest.h>

#include "base/names.hpp"
#include "fakes/temporary_root.hpp"
#include "input/policy.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;
using model::Wanted;

namespace {

Wanted wanted(const TemporaryRoot& tree) {
    return input::read_wanted(tree.root, input::read_policy(tree.root).policy);
}

Wanted said_by(const std::string& command_line) {
    const TemporaryRoot tree;
    tree.write("/proc/cmdline", command_line + "\n");
    return wanted(tree);
}

const Wanted by_default{}, off{false, "kernel command line: gpuboot=off", true, false},
    on{true, "kernel command line: gpuboot=on", true, false};

} // namespace

TEST_CASE("where nobody says anything a driver is wanted") {
    CHECK((wanted(TemporaryRoot{}) == by_default));
    CHECK((said_by("root=/dev/sda1 ro quiet") == by_default));
    CHECK(by_default.driver);
}

TEST_CASE("of the command line the last word counts") {
    CHECK((said_by("ro gpuboot=off quiet") == off));
    CHECK((said_by("gpuboot=\"off\"") == off));
    CHECK((said_by("gpuboot=off gpuboot=on") == on));
    CHECK((said_by("gpuboot=on gpuboot=off") == off));
}

TEST_CASE("no opt-out by accident") {
    for (const char* line : {"gpuboot", "gpuboot=", "gpuboot=OFF", "gpuboot=of", "gpuboot=offline",
                             "nogpuboot=off", "gpuboot.x=off", "gpuboot=maybe", "x=gpuboot=off"})
        CHECK_MESSAGE((said_by(line) == by_default), line);
}

TEST_CASE("each source stands above those that are added before it here") {
    const TemporaryRoot tree;
    const auto write = [&](std::string_view path, const std::string& text) {
        tree.write(std::string(path), text);
    };
    write(names::shipped_policy, "schema = 1\n[driver]\nwanted = false\n");
    CHECK((wanted(tree) ==
           Wanted{false, "/usr/share/gpuboot/gpuboot.toml:3: driver.wanted = false", false, true}));
    write(names::local_policy, "schema = 1\n[driver]\nwanted = true\n");
    CHECK((wanted(tree) ==
           Wanted{true, "/etc/gpuboot/gpuboot.toml:3: driver.wanted = true", false, true}));
    write("/etc/gpuboot/gpuboot.toml.d/50-node.toml", "schema = 1\n[driver]\nwanted = false\n");
    CHECK((wanted(tree) == Wanted{false,
                                  "/etc/gpuboot/gpuboot.toml.d/50-node.toml:3: "
                                  "driver.wanted = false",
                                  false, true}));
    write("/etc/gpuboot/gpuboot.toml.d/60-user.toml", "schema = 1\n[driver]\nwanted = true\n");
    CHECK(wanted(tree).driver);
    write(names::opt_out_file, "");
    CHECK((wanted(tree) == Wanted{false, "/etc/gpuboot/opt-out", false, true}));
    write(names::boot_opt_out_file, "");
    CHECK((wanted(tree) == Wanted{false, "/run/gpuboot/opt-out"}));
    write("/proc/cmdline", "ro gpuboot=maybe\n");
    CHECK((wanted(tree) == Wanted{false, "/run/gpuboot/opt-out"}));
    write("/proc/cmdline", "ro gpuboot=on\n");
    CHECK((wanted(tree) == on));
}

TEST_CASE("a mistake elsewhere brings no driver to a machine that wants none") { // F-50
    const TemporaryRoot tree;
    tree.write(std::string(names::local_policy), "schema = 1\n[rebuild]\nallow = 7\n");
    const std::string drop_in = "/etc/gpuboot/gpuboot.toml.d/node.toml";
    tree.write(drop_in, "schema = 1\n[driver]\nwanted = false\ncolour = \"red\"\n");
    CHECK((wanted(tree) == Wanted{false, drop_in + ":3: driver.wanted = false", false, true}));
    CHECK(input::read_policy(tree.root).flaw.contains("gpuboot.toml:3"));
}
