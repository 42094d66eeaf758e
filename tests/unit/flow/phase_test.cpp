// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/phase.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "base/document.hpp"
#include "base/names.hpp"
#include "execute/system_effects.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "flow/ended.hpp"
#include "flow/gpu_notes.hpp"
#include "report/record.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

model::Report finish(const TemporaryRoot& tree, execute::Effects& effects,
                     const std::string& phase) {
    const flow::Machine machine{tree.root, effects};
    const model::Facts facts = tests::fitting_machine();
    flow::Run run(machine, phase, facts, {model::VerdictKind::Fast, "b1", {}});
    run.add({{{"activate b1", model::Outcome::Done, 1, ""}}, std::nullopt});
    return run.finish(facts, {model::VerdictKind::Ready, "b1", {}});
}

std::string last(const TemporaryRoot& tree) { return tree.read(std::string(names::last_report)); }

} // namespace

TEST_CASE("a phase leaves its report, and the newest one beside it") {
    const TemporaryRoot tree;
    execute::SystemEffects effects(tree.root);
    tree.write("/proc/sys/kernel/random/boot_id", "5f1c\n");
    tree.write(std::string(names::ready_stamp), "");
    const model::Report report = finish(tree, effects, "check");
    const auto text = tree.read("/run/gpuboot/report/check.json");
    const auto back = report::report_of(*parse_json(text));
    REQUIRE_MESSAGE(back, text);
    CHECK(back->boot_id == "5f1c");
    CHECK(back->ready);
    CHECK(back->steps == report.steps);
    CHECK(back->pin->version == "535.261.03");
    CHECK(last(tree) == text);
}

TEST_CASE("a phase of one device never stands for the machine") {
    const TemporaryRoot tree;
    execute::SystemEffects effects(tree.root);
    finish(tree, effects, "check");
    const std::string before = last(tree);
    finish(tree, effects, "device-0000:01:00.0");
    CHECK(last(tree) == before);
    CHECK(tree.root.exists("/run/gpuboot/report/device-0000:01:00.0.json"));
}

TEST_CASE("a report that cannot be written fails no boot, and says so itself") { // F-26
    for (std::size_t at = 1; at <= 3; ++at) {
        const TemporaryRoot tree;
        execute::SystemEffects real(tree.root);
        fakes::FailingEffects effects(real, at, ENOSPC, fakes::Failing::Once);
        const model::Report report = finish(tree, effects, "check");
        CHECK(to_text(report.after.kind) == "ready");
        REQUIRE(report.after.reasons.size() == 1);
        CHECK(to_text(report.after.reasons.front()).contains("No space left on device"));
    }
}

TEST_CASE("what was made for a GPU is known when the driver no longer tells") { // F-88
    const TemporaryRoot tree;
    execute::SystemEffects effects(tree.root);
    const flow::Machine machine{tree.root, effects};
    REQUIRE(effects.ensure_directory(names::gpu_directory, 0755));
    model::DeviceFacts facts;
    facts.frontend_major = 195;
    facts.served = {{"0000:01:00.0", 0}, {"0000:02:00.0", 1}};
    const flow::Run run(machine, "init", tests::fitting_machine(), {});
    REQUIRE(flow::note_begin(machine, run, {"0000:01:00.0", "0000:02:00.0"}));
    CHECK(flow::note_nodes(machine, facts, "0000:02:00.0"));
    CHECK_FALSE(tree.read("/run/gpuboot/gpu/0000:01:00.0.toml").contains("node"));
    CHECK(flow::note_nodes(machine, facts));

    CHECK(flow::plan_removal(tree.root, "0000:02:00.0").empty()); // nothing of it is there
    REQUIRE(effects.ensure_directory("/dev/char", 0755));
    REQUIRE(effects.make_node({"/dev/nvidia1", 195, 1, 0666, 0, 0}));
    REQUIRE(effects.replace_link("/dev/char/195:1", "../nvidia1"));
    const model::Plan plan = flow::plan_removal(tree.root, "0000:02:00.0");
    REQUIRE(plan.size() == 2);
    CHECK((plan[0] == model::Step(model::Remove{"/dev/char/195:1"})));
    CHECK((plan[1] == model::Step(model::Remove{"/dev/nvidia1"})));
    CHECK(flow::forget_gpu(effects, "0000:02:00.0"));
    CHECK(flow::plan_removal(tree.root, "0000:02:00.0").empty());
}

TEST_CASE("what is no longer ours is not removed with its GPU") { // F-90 F-113
    const TemporaryRoot tree;
    execute::SystemEffects effects(tree.root);
    REQUIRE(effects.ensure_directory(names::gpu_directory, 0755));
    model::DeviceFacts facts;
    facts.frontend_major = 195;
    facts.served = {{"0000:01:00.0", 0}};
    REQUIRE(flow::note_nodes({tree.root, effects}, facts));
    tree.link("/dev/char/195:0", "../other");
    SUBCASE("another number") { REQUIRE(effects.make_node({"/dev/nvidia0", 195, 9, 0666, 0, 0})); }
    SUBCASE("a file") { tree.write("/dev/nvidia0", "mine"); }
    CHECK(flow::plan_removal(tree.root, "0000:01:00.0").empty());
}

TEST_CASE("a phase that died is told, one that reported is not") { // F-14 F-93
    const TemporaryRoot tree;
    execute::SystemEffects effects(tree.root);
    const flow::Machine machine{tree.root, effects};
    const std::string phase = "device-0000:01:00.0", report = flow::report_path(phase);
    const model::Facts facts = tests::fitting_machine();

    CHECK(flow::tell_dead(machine, phase, "timeout"));
    CHECK_FALSE(tree.root.exists(report)); // it had begun with nothing

    finish(tree, effects, phase); // of an earlier time, so it is no answer to the next
    flow::Run run(machine, phase, facts, {});
    REQUIRE(flow::note_begin(machine, run, {"0000:01:00.0"}));
    CHECK(flow::left_behind(tree.root, "init").empty());
    REQUIRE(flow::tell_dead(machine, phase, "timeout"));
    const auto told = report::report_of(*parse_json(tree.read(report)));
    REQUIRE(told);
    CHECK(told->after.kind == model::VerdictKind::Blocked);
    REQUIRE(told->after.reasons.size() == 1);
    CHECK(told->after.reasons.front() ==
          model::Reason{model::ReasonCode::StepFailed, phase, "done", "timeout"});
    CHECK(flow::left_behind(tree.root, phase).empty());

    flow::Run next(machine, phase, facts, {});
    REQUIRE(flow::note_begin(machine, next, {"0000:01:00.0"}));
    next.finish(facts, {model::VerdictKind::Ready, "", {}});
    const std::string before = tree.read(report);
    CHECK(flow::tell_dead(machine, phase, "exit-code"));
    CHECK(tree.read(report) == before);
}
