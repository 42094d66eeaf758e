// SPDX-License-Identifier: LGPL-2.1-or-later
// Every enumerator has one word, on every wire the same, and is found by it.
#include <doctest/doctest.h>

#include <set>

#include "model/audit.hpp"
#include "model/job.hpp"
#include "model/pin.hpp"
#include "model/policy.hpp"
#include "model/report.hpp"
#include "model/verdict.hpp"

using namespace gpuboot::model;

TEST_CASE("verdicts") {
    std::set<std::string_view> words;
    for (VerdictKind kind : verdict_kinds) {
        CHECK(words.insert(to_text(kind)).second);
        CHECK(verdict_kind_of(to_text(kind)) == kind);
    }
    CHECK(words == std::set<std::string_view>{"ready", "fast", "fetch", "rebuild", "idle",
                                              "opted_out", "blocked"});
    CHECK(verdict_kind_of("Ready") == std::nullopt);
}

TEST_CASE("kinds of driver") {
    for (Kind kind : {Kind::Open, Kind::Proprietary, Kind::Grid})
        CHECK(kind_of(to_text(kind)) == kind);
    CHECK(to_text(Kind::Grid) == "grid");
    CHECK(kind_of("opne") == std::nullopt);
}

TEST_CASE("classes of an audit, in the order of their words") {
    std::string_view last;
    for (AuditClass kind : audit_classes) {
        CHECK(last < to_text(kind));
        last = to_text(kind);
    }
    CHECK(last == "unit");
}

TEST_CASE("verbs and states of a job") {
    for (Verb verb : verbs)
        CHECK(verb_of(to_text(verb)) == verb);
    for (JobState state : {JobState::Queued, JobState::Running, JobState::Done, JobState::Failed})
        CHECK(job_state_of(to_text(state)) == state);
    CHECK(verb_of("purge") == std::nullopt);
    CHECK(job_state_of("") == std::nullopt);
    Job job;
    CHECK_FALSE(job.ended());
    job.state = JobState::Failed;
    CHECK(job.ended());
}

TEST_CASE("tests of readiness and outcomes of steps") {
    CHECK(to_text(ReadyTest::Bound) == "bound");
    CHECK(to_text(ReadyTest::Open) == "open");
    CHECK(to_text(ReadyTest::Nvml) == "nvml");
    CHECK(to_text(Outcome::Done) == "done");
    CHECK(to_text(Outcome::Failed) == "failed");
    CHECK(to_text(Outcome::Skipped) == "skipped");
}
