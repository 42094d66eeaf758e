// SPDX-License-Identifier: LGPL-2.1-or-later
// What the golden cases do not show: properties that hold for every machine.
#include "decide/judge.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "unit/decide/machines.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using enum ReasonCode;
using tests::fitting_machine;

namespace {

bool names(const Verdict& verdict, ReasonCode code) {
    for (const Reason& reason : verdict.reasons)
        if (reason.code == code) return true;
    return false;
}

} // namespace

TEST_CASE("the machine that all these begin with is fast, without a reason") {
    const Verdict verdict = decide::judge(fitting_machine());
    CHECK(to_text(verdict.kind) == "fast");
    CHECK(verdict.bake == fitting_machine().bakes.front().id);
    CHECK(verdict.reasons.empty());
}

TEST_CASE("a bake fits only when every field does: each one alone rules it out") { // S1-15 S1-21
    struct {
        ReasonCode code;
        void (*spoil)(Facts&, BakeFact&);
    } const table[]{
        {KernelDiffers, [](Facts&, BakeFact& b) { b.marker.value->kernel += "1"; }},
        {VersionDiffers, [](Facts&, BakeFact& b) { b.marker.value->driver_version += "1"; }},
        {KindDiffers, [](Facts&, BakeFact& b) { b.marker.value->kind = Kind::Grid; }},
        {ArchDiffers, [](Facts&, BakeFact& b) { b.marker.value->arch = "aarch64"; }},
        {SourceDiffers, [](Facts&, BakeFact& b) { b.marker.value->source_sha256[0] = '0'; }},
        {ModuleNotInBake, [](Facts& f, BakeFact&) { f.policy.modules.push_back("nvidia-drm"); }},
        {BakeUnsafe, [](Facts&, BakeFact& b) { b.unsafe = "mode 0777"; }},
        {MarkerMalformed, [](Facts&, BakeFact& b) { b.marker = {std::nullopt, "flaw"}; }},
        {MarkerMissing, [](Facts&, BakeFact& b) { b.marker.value.reset(); }},
        {FileMissing, [](Facts&, BakeFact& b) { b.files.back().present = false; }},
        {FileUnreadable, [](Facts&, BakeFact& b) { b.files.back().flaw = "EIO"; }},
        {BakeUnsafe, [](Facts&, BakeFact& b) { b.files.back().unsafe = "mode 0666"; }},
        {FileSizeDiffers, [](Facts&, BakeFact& b) { b.files.back().size += 1; }},
        {FileDigestDiffers, [](Facts&, BakeFact& b) { b.files.back().sha256[0] = 'z'; }},
        {VermagicDiffers, [](Facts&, BakeFact& b) { b.files.back().vermagic = "6.1.0-5"; }},
        {LoadRefused, [](Facts& f, BakeFact& b) { f.refused = {{b.id, "nvidia", ENOEXEC, ""}}; }},
    };
    for (const auto& [code, spoil] : table) {
        Facts facts = fitting_machine();
        spoil(facts, facts.bakes.front());
        const auto reasons = decide::judge_bake(facts, facts.bakes.front());
        CAPTURE(text_of(code).name);
        REQUIRE(reasons.size() == 1);
        CHECK(reasons.front().code == code);
        CHECK(to_text(decide::judge(facts).kind) != std::string_view(to_text(VerdictKind::Fast)));
    }
}

TEST_CASE("what no compile can cure never asks for one") { // S1-32 F-84 F-86
    for (int error : {ENODEV, EPERM, EKEYREJECTED}) {
        Facts facts = fitting_machine();
        facts.refused = {{facts.bakes.front().id, "nvidia", error, ""}};
        CHECK(to_text(decide::judge(facts).kind) == "blocked");
    }
}

TEST_CASE("after one rebuild there is no second one, whatever went wrong") { // S1-32
    for (const char* error : {"", "compile failed"})
        for (int spoil = 0; spoil < 3; ++spoil) {
            Facts facts = fitting_machine();
            if (spoil == 0) facts.bakes.clear();
            if (spoil == 1) facts.bakes.front().files.front().size = 0;
            if (spoil == 2) facts.refused = {{facts.bakes.front().id, "nvidia", ENOEXEC, ""}};
            facts.rebuilt = RebuildAttempt{error};
            const Verdict verdict = decide::judge(facts);
            CHECK(to_text(verdict.kind) == "blocked");
            CHECK_FALSE(verdict.reasons.empty());
        }
}

TEST_CASE("every verdict but fast and ready has a reason") { // S1-21
    Facts facts = fitting_machine();
    facts.bakes.clear();
    CHECK(names(decide::judge(facts), NoBake));
    facts.policy.rebuild_allowed = false;
    CHECK(names(decide::judge(facts), RebuildForbidden));
    facts.gpus.clear();
    CHECK(names(decide::judge(facts), NoGpu));
    facts.opted_out = "x";
    CHECK(names(decide::judge(facts), OptedOut));
    Facts image; // an image without anything
    image.offline = true;
    CHECK_FALSE(decide::judge(image).reasons.empty());
    image = fitting_machine();
    image.offline = true;
    image.gpus.clear();
    image.bakes.clear();
    CHECK_FALSE(decide::judge(image).reasons.empty());
}

TEST_CASE("of several bakes that fit the one whose id sorts last is taken") { // F-42
    Facts facts = fitting_machine();
    facts.bakes.push_back(facts.bakes.front());
    facts.bakes.back().id = facts.bakes.back().marker.value->id = "zzz";
    CHECK(decide::judge(facts).bake == "zzz");
}

TEST_CASE("a bake that is half live goes on, wherever a second one sorts") { // V8
    Facts facts = fitting_machine();
    const std::string live = facts.bakes.front().id;
    facts.loaded = LoadedDriver{facts.pin.value->version, Kind::Open, {"nvidia"}, ""};
    facts.active = live;
    BakeFact other = facts.bakes.front();
    for (const bool first : {true, false}) { // the store is sorted by id
        other.id = other.marker.value->id = first ? "000" : "zzz";
        Facts two = facts;
        two.bakes.insert(first ? two.bakes.begin() : two.bakes.end(), other);
        CHECK(decide::judge(two).bake == live);
        two.loaded.reset();
        CHECK(decide::judge(two).bake == (first ? live : "zzz"));
    }
}

TEST_CASE("an empty pin in the facts is no reason to look into bakes") {
    Facts facts = fitting_machine();
    facts.pin = {};
    CHECK(decide::judge_bake(facts, facts.bakes.front()).empty());
    CHECK(to_text(decide::judge(facts).kind) == "blocked");
}

TEST_CASE("judging is a function: the same facts, the same verdict") {
    const Facts facts = fitting_machine();
    CHECK((decide::judge(facts) == decide::judge(facts)));
}
