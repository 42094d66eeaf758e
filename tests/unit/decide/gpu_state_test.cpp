// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/gpu_state.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using decide::GpuSituation;
using decide::State;

namespace {

constexpr State states[] = {State::Idle,  State::OptedOut, State::Working, State::Active,
                            State::Ready, State::Unloaded, State::Blocked};

std::string_view state(GpuSituation situation) { return to_text(decide::state_of(situation)); }

} // namespace

TEST_CASE("a GPU's way, from its plug to the end") { // F-88 F-92
    CHECK(state({true, "", false, {}, State::Ready}) == "present");
    CHECK(state({true, "", true, {}, State::Ready}) == "initialising");
    CHECK(state({true, "nvidia", true, {}, State::Ready}) == "initialising");
    CHECK(state({true, "nvidia", false, true, State::Ready}) == "ready");
    CHECK(state({true, "nvidia", false, false, State::Ready}) == "failed");
    CHECK(state({false, "nvidia", false, true, State::Ready}) == "gone");
}

TEST_CASE("without a word on it, a GPU is what the machine is") {
    CHECK(state({true, "", false, {}, State::Working}) == "initialising");
    CHECK(state({true, "", false, {}, State::Blocked}) == "failed");
    for (const State machine : {State::Idle, State::OptedOut, State::Unloaded, State::Active})
        CHECK(state({true, "", false, {}, machine}) == "present");
}

TEST_CASE("a GPU that another driver holds is left alone, whatever was said of it") {
    for (const State machine : states)
        for (const bool begun : {true, false})
            CHECK(state({true, "vfio-pci", begun, true, machine}) == "present");
}

TEST_CASE("ready ends with the driver's hold on it, before any phase has seen that") {
    CHECK(state({true, "", false, true, State::Ready}) == "present");
    CHECK(state({true, "", false, false, State::Ready}) == "failed");
}

TEST_CASE("what a report says holds whatever the machine does meanwhile") {
    for (const State machine : states)
        CHECK(state({true, "nvidia", false, true, machine}) == "ready");
}
