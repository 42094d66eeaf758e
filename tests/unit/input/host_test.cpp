// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/host.hpp"

#include <doctest/doctest.h>

#include "base/names.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

std::string opted_out(const std::string& command_line, bool file) {
    const TemporaryRoot tree;
    tree.write("/proc/cmdline", command_line + "\n");
    if (file) tree.write(std::string(names::opt_out_file), "");
    return input::read_opt_out(tree.root);
}

} // namespace

TEST_CASE("nothing opts out") {
    CHECK(opted_out("root=/dev/sda1 ro quiet", false) == "");
    const TemporaryRoot empty;
    CHECK(input::read_opt_out(empty.root) == "");
}

TEST_CASE("the command line opts out, and stands above the file") { // F-60
    CHECK(opted_out("ro gpuboot=off quiet", false) == "kernel command line: gpuboot=off");
    CHECK(opted_out("gpuboot=off", true) == "kernel command line: gpuboot=off");
    CHECK(opted_out("gpuboot=on", true) == "");
    CHECK(opted_out("gpuboot=\"off\"", false) == "kernel command line: gpuboot=off");
}

TEST_CASE("the last word wins") { // F-60
    CHECK(opted_out("gpuboot=off gpuboot=on", false) == "");
    CHECK(opted_out("gpuboot=on gpuboot=off", false) == "kernel command line: gpuboot=off");
}

TEST_CASE("the file opts out") {
    CHECK(opted_out("ro", true) == "/etc/gpuboot/opt-out");
    CHECK(opted_out("gpuboot=maybe", true) == "/etc/gpuboot/opt-out");
}

TEST_CASE("no opt-out by accident") { // F-60
    for (const char* line : {"gpuboot", "gpuboot=", "gpuboot=OFF", "gpuboot=of", "gpuboot=offline",
                             "nogpuboot=off", "gpuboot.x=off", "gpuboot=maybe", "x=gpuboot=off"})
        CHECK_MESSAGE(opted_out(line, false) == "", line);
}

TEST_CASE("values of a command line") {
    CHECK(input::last_value("a=1 b=2\ta=3\n", "a") == "3");
    CHECK(input::last_value("a=", "a") == "");
    CHECK(input::last_value("", "a") == "");
    CHECK(input::last_value("ab=1", "a") == "");
}

TEST_CASE("the boot's id is one line") {
    const TemporaryRoot tree;
    CHECK(input::read_boot_id(tree.root) == "");
    tree.write("/proc/sys/kernel/random/boot_id", "5f1c2f7e-0000-4000-8000-000000000000\n");
    CHECK(input::read_boot_id(tree.root) == "5f1c2f7e-0000-4000-8000-000000000000");
}

TEST_CASE("this host has a kernel and an architecture") {
    CHECK(model::is_kernel_release(input::read_host().kernel));
    CHECK_FALSE(input::read_host().arch.empty());
}
