// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/record.hpp"

#include <doctest/doctest.h>

#include "report/job_record.hpp"
#include "report/sentences.hpp"
#include "report/story.hpp"

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

Report sample() {
    Report report;
    report.phase = "check";
    report.boot_id = "5f1c2f7e";
    report.at = 1'795'000'000;
    report.began = 42'000'001;
    report.usec = 123'456;
    report.host = {"6.1.0-50-cloud-amd64", "x86_64"};
    report.pin = Pin{"535.261.03", Kind::Open, {}, {}};
    report.loaded = LoadedDriver{"535.261.03", Kind::Open, {}, {}};
    report.before = {VerdictKind::Fast, "b1", {}};
    report.passed = {"kernel 6.1", "5 files"};
    report.steps = {{"activate b1", Outcome::Done, 10, ""},
                    {"load module nvidia", Outcome::Failed, 20, "ENOEXEC\nline two"},
                    {"load module nvidia_uvm", Outcome::Skipped, 0, ""}};
    report.after = {VerdictKind::Blocked, "", {{ReasonCode::LoadRefused, "nvidia", "w", "f\x1b"}}};
    report.gpus = {{{"0000:01:00.0", "10de:20b0", "nvidia"}, 0, "/dev/nvidia0", true},
                   {{"0000:02:00.0", "10de:20b0", ""}, -1, "", false}};
    report.ready = true;
    return report;
}

} // namespace

TEST_CASE("a report is read back the same from its record, through JSON") {
    const auto json = parse_json(to_json(report::record_of(sample())));
    REQUIRE(json);
    const auto back = report::report_of(*json);
    REQUIRE_MESSAGE(back, back.error().what);
    CHECK((*back == sample()));
}

TEST_CASE("every verdict and every reason survives the record") {
    for (VerdictKind kind : verdict_kinds) {
        Report report = sample();
        report.after.kind = kind;
        report.after.reasons.clear();
        for (const ReasonText& entry : reason_texts)
            report.after.reasons.push_back({entry.code, "s", "w", "f"});
        const auto back = report::report_of(report::record_of(report));
        REQUIRE(back);
        CHECK((back->after == report.after));
    }
}

TEST_CASE("the record has the fields that the bus and the command line promise") {
    const Node record = report::record_of(sample());
    for (const char* key : {"phase", "boot_id", "at", "usec", "kernel", "arch", "driver", "bake",
                            "verdict", "reasons", "before", "steps", "ready", "remedy"})
        CHECK_MESSAGE(record.find(key), key);
    const auto& reason = std::get<Array>(record.find("reasons")->value).front();
    CHECK(reason.text("code") == "load_refused");
    CHECK(reason.text("text") == to_text(sample().after.reasons.front()));
    Report bare = sample();
    bare.loaded.reset();
    CHECK(report::record_of(bare).find("driver") == nullptr);
}

TEST_CASE("a record that is none is refused, one with gaps is read as far as it goes") { // F-12
    CHECK(report::report_of(Node("text")).error().code == Errc::BadInput);
    CHECK(report::report_of(Table{}).error().code == Errc::BadInput);
    CHECK(report::report_of(Table{{"phase", "check"}, {"verdict", "splendid"}}).error().code ==
          Errc::BadInput);
    const auto report = report::report_of(Table{{"phase", "check"},
                                                {"verdict", "idle"},
                                                {"reasons", 7},
                                                {"steps", "x"},
                                                {"at", "yesterday"},
                                                {"gpus", Array{Node("x")}}});
    REQUIRE(report);
    CHECK(report->after.reasons.empty());
    CHECK(report->at == 0);
}

TEST_CASE("the story of a phase names what failed, why, and what to do") { // S1-21
    const std::string text = report::to_sentences(sample());
    for (const char* part : {"Phase check on kernel 6.1.0-50-cloud-amd64 (x86_64), 123.5 ms",
                             "Pinned: driver 535.261.03 (open)", "Found: fast: bake b1 fits",
                             "done: activate b1 (0.0 ms)", "failed: load module nvidia",
                             "because: ENOEXEC", "skipped: load module nvidia_uvm\n",
                             "GPU 0000:01:00.0 (10de:20b0): driver nvidia, "
                             "/dev/nvidia0, ready",
                             "GPU 0000:02:00.0 (10de:20b0): no driver, not ready", "Then: blocked",
                             "[load_refused]", "=> Bake again for this kernel"})
        CHECK_MESSAGE(text.contains(part), part);
}

TEST_CASE("what a step's tool printed reaches a terminal escaped, on its own line") { // F-117
    Report report = sample();
    report.steps = {{"bake", Outcome::Failed, 1, "hostile.c:1: \x1b[2J\nThen: ready: all is well"}};
    const std::string text = report::to_sentences(report);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.contains("because: hostile.c:1: \\x1b[2J\\x0aThen: ready"));
}

TEST_CASE("a remedy that two reasons share is said once") {
    const Verdict verdict{
        VerdictKind::Rebuild,
        "",
        {{ReasonCode::FileMissing, "a", "", ""}, {ReasonCode::FileMissing, "b", "", ""}}};
    const std::string text = report::to_sentences(verdict);
    CHECK(text.find("=>") == text.rfind("=>"));
}

TEST_CASE("every verdict has a headline that begins with its word") {
    for (VerdictKind kind : verdict_kinds)
        CHECK(report::to_sentences(Verdict{kind, "b1", {}})
                  .starts_with(std::string(to_text(kind)) + ": "));
}

TEST_CASE("a job is read back the same from its record") {
    Job job;
    job.id = 7;
    job.request = {Verb::Rebuild, true};
    job.state = JobState::Failed;
    job.verdict = "blocked";
    job.error = "no space";
    const auto back = report::job_of(*parse_json(to_json(report::record_of(job))));
    REQUIRE(back);
    CHECK((*back == job));
    for (const Node& node :
         {Node("x"), Node(Table{}), Node(Table{{"job", 0}, {"verb", "check"}, {"state", "done"}})})
        CHECK(report::job_of(node).error().code == Errc::BadInput);
}

TEST_CASE("a job's number is found in its record's name, and in no other name") {
    CHECK(report::job_of_record_name(report::record_name(4'294'967'295)) == 4'294'967'295);
    for (const char* name : {"job-.json", "job-0.json", "job-x.json", "job-7.jso", "xjob-7.json",
                             "job--7.json", "job-4294967296.json", "job-7x.json", "last.json", ""})
        CHECK_MESSAGE(report::job_of_record_name(name) == 0, name);
}

TEST_CASE(
    "the story of a boot: gates passed and failed, steps with their time, what to do") { // S1-21
    Report check = sample(), init = sample();
    check.before.reasons = {{ReasonCode::KernelDiffers, "b0", "6.1.0-50", "6.1.0-47"}};
    init.phase = "init";
    init.after = {VerdictKind::Ready, "b1", {}};
    const std::string story = report::to_story({check, init});
    for (const char* part :
         {"with driver 535.261.03 (open) pinned: ready: the pinned driver is live, from bake b1.",
          "1. check, 2026-11-18 ", "took 123.5 ms", "passed: kernel 6.1, 5 files",
          "b0 was made for kernel 6.1.0-47, this is 6.1.0-50 [kernel_differs]",
          "wanted 6.1.0-50; found 6.1.0-47", "done: activate b1 (0.0 ms)",
          "because: ENOEXEC\\x0aline two", "then blocked", "2. init", "/dev/nvidia0, ready",
          "Nothing is left to do."})
        CHECK_MESSAGE(story.contains(part), part << " in " << story);
    CHECK(report::to_story({check}).contains("What to do"));
    CHECK(report::to_story({}).empty());
}
