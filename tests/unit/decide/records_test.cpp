// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/records.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using decide::judge;

namespace {

const std::string now = "2026-11-20 21:53 UTC";

std::string text(const Plan& plan) {
    std::string lines;
    for (const Step& step : plan)
        lines += to_text(step) + "\n";
    return lines;
}

/// The bake of the machine was never loaded.
Facts new_bake() {
    Facts facts = tests::fitting_machine();
    facts.records.good.clear();
    return facts;
}

/// Beside it lies one whose id sorts before it.
Facts two_bakes() {
    Facts facts = new_bake();
    BakeFact other = facts.bakes.front();
    other.id = "535.261.03-open-6.1.0-50-cloud-amd64-000000000000";
    other.marker.value->id = other.id;
    facts.bakes.insert(facts.bakes.begin(), other);
    return facts;
}

const std::string id = tests::fitting_machine().bakes.front().id;

BadBake mark(const std::string& build) {
    return {id, "6.1.0-50-cloud-amd64", build, "it broke", ""};
}

} // namespace

TEST_CASE("a bake that has served is loaded without a note, a new one with one") { // F-85
    CHECK(decide::plan_trial(tests::fitting_machine(), id).empty());
    CHECK(text(decide::plan_trial(new_bake(), id)) ==
          "note try 1 of bake " + id + ", which has never served\n");
}

TEST_CASE("every boot that the load ends counts once, and the third does not try") { // F-85
    Facts facts = new_bake();
    facts.records.trial = Trial{id, "first boot", 1};
    CHECK(judge(facts).kind == VerdictKind::Fast);
    CHECK(text(decide::plan_trial(facts, id)).contains("note try 2 "));
    facts.records.trial = Trial{id, "this boot", 2};
    CHECK(decide::plan_trial(facts, id).empty()); // another check of the boot that wrote it
    CHECK(judge(facts).kind == VerdictKind::Fast);
    facts.records.trial = Trial{id, "second boot", 2};
    const Verdict verdict = judge(facts);
    CHECK(verdict.kind == VerdictKind::Rebuild);
    REQUIRE(verdict.reasons.size() == 1);
    CHECK(verdict.reasons.front().code == ReasonCode::MarkedBad);
    CHECK(verdict.reasons.front().found.contains("went down 2 times while loading it"));
    CHECK(text(decide::plan_records(facts, now)) ==
          "mark bake " + id + " bad\nremove /var/lib/gpuboot/records/trial\n");
}

TEST_CASE("a bake that has served since is not called deadly") { // F-12
    Facts facts = tests::fitting_machine();
    facts.records.trial = Trial{id, "earlier", 2}; // its removal never reached the disk
    CHECK(judge(facts).kind == VerdictKind::Fast);
    CHECK(text(decide::plan_records(facts, now)) == "remove /var/lib/gpuboot/records/trial\n");
}

TEST_CASE("a marked bake is passed over, told of, and no cure by itself") { // F-46
    Facts facts = two_bakes();
    facts.records.bad = {mark("")};
    const Verdict verdict = judge(facts);
    CHECK(verdict.kind == VerdictKind::Fast);
    CHECK(verdict.bake == facts.bakes.front().id);
    REQUIRE(verdict.reasons.size() == 1);
    CHECK(verdict.reasons.front().subject == id);
    facts.bakes.erase(facts.bakes.begin());
    CHECK(judge(facts).kind == VerdictKind::Rebuild);
}

TEST_CASE("a mark holds for the kernel it was made under, as that was built") { // F-46
    Facts facts = new_bake();
    facts.records.build = "#2 SMP";
    facts.records.bad = {mark("#2 SMP")};
    CHECK(judge(facts).kind == VerdictKind::Rebuild);
    CHECK(decide::plan_records(facts, now).empty());
    facts.records.bad = {mark("#1 SMP")};
    CHECK(judge(facts).kind == VerdictKind::Fast);
    CHECK(text(decide::plan_records(facts, now)) ==
          "remove /var/lib/gpuboot/records/bad/" + id + "\n");
    facts.records.bad.front().kernel = "6.1.0-47"; // booted again some day: still bad there
    CHECK(judge(facts).kind == VerdictKind::Fast);
    CHECK(decide::plan_records(facts, now).empty());
}

TEST_CASE("only what speaks of the bake itself marks it") { // F-46 F-85
    struct Case {
        int error;
        const char* line;
        bool marks;
    };
    for (const auto& [error, line, marks] :
         {Case{ENOEXEC, "", true}, Case{EINVAL, "disagrees about version of symbol", true},
          Case{ENOENT, "Unknown symbol", true}, Case{ENODEV, "", false}, Case{EPERM, "", false},
          Case{EKEYREJECTED, "", false}, Case{ENOMEM, "", false}, Case{EIO, "", false},
          Case{EFAULT, "", false},
          Case{EINVAL, "nvidia: `x' invalid for parameter `NVreg_Y'", false}}) {
        CAPTURE(error);
        Facts facts = new_bake();
        facts.records.trial = Trial{id, "this boot", 1};
        facts.refused = {{id, "nvidia", error, line}};
        const std::string steps = text(decide::plan_refused(facts, id, now));
        CHECK(steps.contains("mark bake " + id + " bad\n") == marks);
        CHECK(steps.ends_with("remove /var/lib/gpuboot/records/trial\n")); // it lives
    }
}

TEST_CASE("the mark says why and when") {
    Facts facts = new_bake();
    facts.records.build = "#1 SMP";
    facts.refused = {{id, "nvidia", ENOEXEC, "module_layout"}};
    const Plan plan = decide::plan_refused(facts, id, now);
    REQUIRE(plan.size() == 1);
    const auto& bad = std::get<BadBake>(std::get<WriteRecord>(plan.front()).record);
    CHECK(bad.why.contains("the kernel refused nvidia of " + id + ": ENOEXEC"));
    CHECK(bad.why.contains("kernel: module_layout"));
    CHECK(bad.when == now);
    CHECK(bad.build == "#1 SMP");
}

TEST_CASE("a bake that serves is noted once") {
    Facts facts = new_bake();
    CHECK(decide::plan_good(facts).empty()); // none is active
    facts.active = id;
    facts.records.trial = Trial{id, "this boot", 1};
    CHECK(text(decide::plan_good(facts)) ==
          "remove /var/lib/gpuboot/records/trial\nnote bake " + id + " as the last good one\n");
    facts.records.trial.reset();
    facts.records.good = {{facts.host.kernel, id}};
    CHECK(decide::plan_good(facts).empty());
}

TEST_CASE("GPUs that do not open are the new bake's fault only if another one fits") { // F-47
    Facts facts = two_bakes();
    facts.active = id;
    CHECK(text(decide::plan_failed(facts, "no", now)) == "mark bake " + id + " bad\n");
    facts.records.good = {{facts.host.kernel, id}}; // it has served: the hardware has changed
    CHECK(decide::plan_failed(facts, "no", now).empty());
    facts.records.good.clear();
    facts.bakes.erase(facts.bakes.begin());
    CHECK(decide::plan_failed(facts, "no", now).empty());
}

TEST_CASE("a marked bake's driver makes room only for another one") { // F-47
    Facts facts = two_bakes();
    facts.active = id;
    facts.loaded = LoadedDriver{"535.261.03", Kind::Open, {"nvidia", "nvidia_uvm"}, ""};
    CHECK(decide::plan_retire(facts).empty());
    facts.records.bad = {mark("")};
    CHECK(text(decide::plan_retire(facts)) ==
          "unload module nvidia_uvm\nunload module nvidia\ndeactivate\n");
    facts.bakes.erase(facts.bakes.begin());
    CHECK(decide::plan_retire(facts).empty());
}

TEST_CASE("what a newer gpuboot wrote is left alone, broken records go") { // F-12 F-146
    Facts facts = new_bake();
    facts.records.newer = {"trial"};
    facts.records.broken = {"bad/x", "last-good-6.1"};
    CHECK(decide::plan_trial(facts, id).empty());
    CHECK(text(decide::plan_records(facts, now)) ==
          "remove /var/lib/gpuboot/records/bad/x\n"
          "remove /var/lib/gpuboot/records/last-good-6.1\n");
}
