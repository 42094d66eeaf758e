// SPDX-License-Identifier: LGPL-2.1-or-later
// Part of every program whose cases give files away, make nodes or become somebody else: without
// root those would have to be left out, and a run that left them out must not pass.
#include <doctest/doctest.h>
#include <unistd.h>

TEST_CASE("these tests run as root") {
    REQUIRE_MESSAGE(::geteuid() == 0, "run them as root, in a container for instance");
}
