// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/lifecycle.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using decide::Situation;
using decide::State;
using Kind = model::VerdictKind;

namespace {

std::string_view state(Situation situation, bool driver_live = true) {
    situation.driver_live = driver_live;
    return to_text(decide::state_of(situation));
}

} // namespace

TEST_CASE("the state in one word") {
    CHECK(state({Kind::Ready, true, true, false}) == "ready");
    CHECK(state({Kind::Ready, false, true, false}) == "active");
    CHECK(state({Kind::Fast, false, true, false}) == "working");
    CHECK(state({Kind::Fetch, false, true, false}) == "working");
    CHECK(state({Kind::Rebuild, false, true, false}) == "working");
    CHECK(state({Kind::Blocked, false, true, false}) == "blocked");
    CHECK(state({Kind::OptedOut, false, true, false}) == "opted_out");
    CHECK(state({Kind::Idle, false, true, false}) == "idle");
}

TEST_CASE("before the first report of a boot a GPU means that work is to come") {
    CHECK(state({std::nullopt, false, true, false}) == "working");
    CHECK(state({std::nullopt, false, false, false}) == "idle");
}

TEST_CASE("an open job is work, whatever was said before") { // F-14
    for (Kind kind : model::verdict_kinds)
        CHECK(state({kind, true, true, true}) == "working");
}

TEST_CASE("without a GPU the machine is idle, unless it opted out") {
    for (Kind kind : model::verdict_kinds)
        CHECK(state({kind, false, false, false}) ==
              (kind == Kind::OptedOut ? "opted_out" : "idle"));
}

TEST_CASE("a stamp alone never says ready") {
    for (Kind kind : model::verdict_kinds)
        if (kind != Kind::Ready) CHECK(state({kind, true, true, false}) != "ready");
}

TEST_CASE("a driver that somebody took out is not told to be live") {
    CHECK(state({Kind::Ready, true, true, false}, false) == "unloaded");
    CHECK(state({Kind::Ready, false, true, false}, false) == "unloaded");
    CHECK(state({Kind::Ready, true, true, true}, false) == "working");
    CHECK(state({Kind::Blocked, false, true, false}, false) == "blocked");
}
