// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/host.hpp"

#include <doctest/doctest.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

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
