// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/guard.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

const std::string env = "/boot/grub/grubenv";
const Reason failed{ReasonCode::BuildFailedBefore, "bake-53", "a driver for k53", "an error"};

/// k53 is the newest and has none, k52 has none either, k50 and k47 have one.
GuardInput machine() {
    GuardInput input;
    input.on = true;
    input.states = {{"k47", false, "bake-47"},
                    {"k50", true, "bake-50"},
                    {"k52", false, ""},
                    {"k53", false, ""}};
    input.states[3].reasons = {failed};
    input.choice = {BootLoader::Grub,
                    env,
                    {{"k53", "id53"}, {"k52", "id52"}, {"k50", "id50"}, {"k47", "id47"}},
                    "",
                    "k53"};
    return input;
}

GuardRecord record(GuardStage stage, const std::string& set = "id50") {
    return {stage, env, set, "", set == "id50" ? "k50" : "k47", "k53"};
}

/// The guard has set k50.
GuardInput held() {
    GuardInput input = machine();
    input.choice.set = "id50";
    input.choice.kernel = "k50";
    input.record = record(GuardStage::Set);
    return input;
}

void bake(GuardInput& input, const std::string& kernel, const std::string& id) {
    std::ranges::find(input.states, kernel, &KernelState::kernel)->bake = id;
}

GuardAct act_of(const GuardInput& input) { return decide::guard(input).act; }

} // namespace

TEST_CASE("while the newest has no bake the newest of the older ones that have is kept") {
    const Guard guard = decide::guard(machine());
    CHECK(guard.act == GuardAct::Set);
    CHECK(guard.kernel == "k50");
    CHECK(guard.newest == "k53");
    CHECK(guard.obstacle == "");
    CHECK((guard.reasons == std::vector{failed}));
    CHECK((guard.record == record(GuardStage::Changing)));
}

TEST_CASE("without a need nothing is touched") {
    GuardInput off = machine(), baked = machine(), none = machine(), strange = machine();
    off.on = false;
    bake(baked, "k53", "bake-53");
    bake(none, "k50", "");
    bake(none, "k47", "");
    strange.choice.entries.insert(strange.choice.entries.begin(), {"k60", "id60"}); // not installed
    GuardInput empty = machine();
    empty.choice.entries.clear();
    for (const GuardInput& input : {off, baked, none, strange, empty})
        CHECK((decide::guard(input) == Guard{}));
}

TEST_CASE("a queue, or a compile under way, is no bake") {
    GuardInput input = machine();
    input.states[3].queued = true;
    input.states[3].progress.stage = "compiling";
    CHECK(act_of(input) == GuardAct::Set);
}

TEST_CASE("what was there before is remembered and given back") {
    GuardInput input = machine();
    input.choice.set = "id53-by-hand";
    Guard guard = decide::guard(input);
    CHECK(guard.act == GuardAct::Set);
    CHECK(guard.record.before == "id53-by-hand");
    input.record = guard.record;
    input.record->stage = GuardStage::Set;
    input.choice.set = "id50";
    input.choice.kernel = "k50";
    CHECK(act_of(input) == GuardAct::Stand);
    bake(input, "k53", "bake-53");
    guard = decide::guard(input);
    CHECK(guard.act == GuardAct::Release);
    CHECK(guard.record.before == "id53-by-hand");
}

TEST_CASE("an operator's default stays theirs") {
    GuardInput older = machine(), unknown = machine();
    older.choice.set = "id47";
    older.choice.kernel = "k47";
    unknown.choice.set = "memtest";
    unknown.choice.kernel = "";
    for (const GuardInput& input : {older, unknown}) {
        const Guard guard = decide::guard(input);
        CHECK(guard.act == GuardAct::None);
        CHECK(guard.obstacle.contains("another default"));
    }
}

TEST_CASE("it ends when the reason for it has gone") {
    GuardInput off = held(), baked = held(), older_lost = held(), last_lost = held();
    off.on = false;
    bake(baked, "k53", "bake-53");
    CHECK(act_of(held()) == GuardAct::Stand);
    CHECK(act_of(off) == GuardAct::Release);
    CHECK(act_of(baked) == GuardAct::Release);
    bake(older_lost, "k50", "");
    CHECK(act_of(older_lost) == GuardAct::Set);
    CHECK(decide::guard(older_lost).record.set == "id47");
    CHECK(decide::guard(older_lost).record.before == "");
    bake(last_lost, "k50", "");
    bake(last_lost, "k47", "");
    CHECK(act_of(last_lost) == GuardAct::Release);
}

TEST_CASE("the kept kernel is removed: the next older one with a bake, else none") {
    GuardInput input = held();
    std::erase_if(input.choice.entries, [](const BootEntry& e) { return e.kernel == "k50"; });
    std::erase_if(input.states, [](const KernelState& s) { return s.kernel == "k50"; });
    CHECK(decide::guard(input).kernel == "k47");
    bake(input, "k47", "");
    CHECK(act_of(input) == GuardAct::Release);
}

TEST_CASE("a newer one of the older kernels that gets a bake takes over") {
    GuardInput input = held();
    bake(input, "k52", "bake-52");
    const Guard guard = decide::guard(input);
    CHECK(guard.act == GuardAct::Set);
    CHECK(guard.record.set == "id52");
}

TEST_CASE("somebody's default after the guard's is theirs until a newer kernel comes") {
    GuardInput input = held();
    input.choice.set = ""; // grub-set-default by hand: the newest all the same
    input.choice.kernel = "k53";
    const Guard guard = decide::guard(input);
    CHECK(guard.act == GuardAct::Yield);
    CHECK(guard.obstacle.contains("somebody"));
    CHECK(guard.record.stage == GuardStage::Overruled);
    input.record = guard.record;
    CHECK(act_of(input) == GuardAct::None);
    input.choice.entries.insert(input.choice.entries.begin(), {"k55", "id55"});
    input.choice.kernel = "k55";
    input.states.push_back({"k55", false, ""});
    CHECK(act_of(input) == GuardAct::Set);
    input.states.back().bake = "bake-55";
    CHECK(act_of(input) == GuardAct::Forget);
}

TEST_CASE("a change that a crash cut off is gone on with, whichever side of it the crash was") {
    GuardInput before = machine(), after = held();
    before.record = after.record = record(GuardStage::Changing);
    CHECK(act_of(before) == GuardAct::Set);
    CHECK(act_of(after) == GuardAct::Stand);
    CHECK(decide::guard(after).record.stage == GuardStage::Set);
    before.on = after.on = false;
    CHECK(act_of(before) == GuardAct::Forget);
    CHECK(act_of(after) == GuardAct::Release);
    GuardInput other = machine();
    other.record = record(GuardStage::Changing);
    other.choice.set = "id47";
    other.choice.kernel = "k47";
    CHECK(act_of(other) == GuardAct::Yield);
}

TEST_CASE("a loader that cannot be steered is told, and what was set goes back") {
    GuardInput fresh = machine(), ours = held();
    fresh.choice.obstacle = ours.choice.obstacle = "GRUB does not heed it";
    CHECK(act_of(fresh) == GuardAct::None);
    CHECK(decide::guard(fresh).obstacle == "GRUB does not heed it");
    CHECK(act_of(ours) == GuardAct::Release);
    CHECK(decide::guard(ours).kernel == "k50");
}

TEST_CASE("what could not be read decides nothing") {
    GuardInput input = held();
    input.choice = {};
    input.choice.flaw = "grubenv: wanted 1024 bytes";
    const Guard guard = decide::guard(input);
    CHECK(guard.act == GuardAct::None);
    CHECK(guard.obstacle == input.choice.flaw);
}

TEST_CASE("another loader's file says nothing about ours") {
    GuardInput input = machine();
    input.record = record(GuardStage::Set);
    input.record->file = "/efi/loader/loader.conf";
    CHECK(act_of(input) == GuardAct::Set);
    input.on = false;
    CHECK(act_of(input) == GuardAct::Forget);
}
