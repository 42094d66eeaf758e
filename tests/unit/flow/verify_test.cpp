// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/verify.hpp"

#include <doctest/doctest.h>

#include "decide/judge.hpp"
#include "execute/system_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "input/records.hpp"
#include "unit/input/bundling_bake.hpp"

using namespace gpuboot;
using tests::BundlingBake;

namespace {

struct Fixture {
    BundlingBake bake;
    execute::SystemEffects real{bake.tree.root};
    fakes::RecordingEffects effects{real};
    const flow::Machine machine{bake.tree.root, effects};

    Fixture() { activate(); }

    void activate() const {
        std::string folder = bake.path("");
        folder.pop_back();
        bake.tree.link("/run/gpuboot/active", folder);
    }
    std::optional<model::Reason> verify() {
        auto found = flow::verify_active(machine);
        REQUIRE_MESSAGE(found, found.error().what);
        return *found;
    }
    std::size_t records_written() const { return effects.count("replace_record "); }
    void damage() const { bake.tree.write(bake.path("lib/libcuda.so.535.261.03"), "Library"); }

    /// As the next boot judges it.
    std::vector<model::Reason> judged() const {
        auto reading = input::read_store(bake.tree.root, BundlingBake::wanted());
        model::Facts facts;
        facts.host = {BundlingBake::kernel, BundlingBake::arch};
        facts.pin.value = {
            BundlingBake::version, model::Kind::Open, {"", "", std::string(64, 'a')}, {}};
        facts.pin.value->userspace = {"folder", "/opt", std::string(64, 'b')};
        facts.policy.modules = {"nvidia", "nvidia-uvm"};
        facts.abi = reading.abi;
        facts.records = input::read_records(bake.tree.root);
        return decide::judge_bake(facts, reading.bakes.front());
    }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a whole userspace is read once, and again when it was touched") {
    CHECK_FALSE(verify());
    CHECK(records_written() == 1);
    CHECK_FALSE(verify());
    CHECK(records_written() == 1); // known: nothing was read
    CHECK(judged().empty());
    bake.tree.write(bake.path("lib/libcuda.so.535.261.03"), "library");
    CHECK_FALSE(verify());
    CHECK(records_written() == 2);
}

// F-31 S1-18
TEST_CASE_FIXTURE(Fixture, "damage is told, remembered, and keeps the next boot from the bake") {
    damage();
    CHECK(judged().empty()); // a boot does not read it
    const auto found = verify();
    REQUIRE(found);
    CHECK(found->code == model::ReasonCode::FileDigestDiffers);
    CHECK(found->subject == std::string(BundlingBake::id) + "/lib/libcuda.so.535.261.03");
    REQUIRE(judged().size() == 1);
    CHECK(judged().front() == *found);
    CHECK(verify() == found); // again, from the record
    CHECK(records_written() == 1);
    // Mended, by whatever means: it is another file, of which nothing bad is known.
    bake.tree.write(bake.path("lib/libcuda.so.535.261.03"), "library");
    CHECK(judged().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "with no bake active, or one of modules alone, there is nothing to read") {
    SUBCASE("no bake") { std::filesystem::remove(bake.tree.outside("/run/gpuboot/active")); }
    SUBCASE("modules alone") {
        const tests::BakeOnDisk plain;
        bake.tree.write(bake.path("marker.toml"), plain.tree.read(plain.path("marker.toml")));
    }
    CHECK_FALSE(verify());
    CHECK(effects.calls.empty());
}
