// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/rebuild.hpp"

#include <syslog.h>

#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/judge.hpp"
#include "execute/next.hpp"
#include "flow/look.hpp"
#include "flow/progress_note.hpp"
#include "input/host.hpp"
#include "report/journal.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

std::string_view cause_of(const Result<BakeResult>& baked) {
    if (baked) return "";
    if (baked.error().code == Errc::Remembered) return "repeated";
    return baked.error().code == Errc::OutOfMemory ? "memory" : "failed";
}

/// As input/attempts.cpp reads it.
Result<void> remember_attempt(execute::Effects& effects, const Result<BakeResult>& baked,
                              const std::string& id) {
    if (auto made = effects.ensure_directory(names::tried_directory, 0755); !made) return made;
    const Node record =
        Table{{"error", baked ? "" : baked.error().what}, {"cause", cause_of(baked)}, {"bake", id}};
    return effects.replace_file(names::tried_rebuild, to_json(record) + "\n", 0644);
}

StepReport step_of(const Result<BakeResult>& baked, std::int64_t usec) {
    StepReport step{"bake", Outcome::Done, usec, ""};
    if (!baked) {
        step.outcome = baked.error().code == Errc::Remembered ? Outcome::Skipped : Outcome::Failed;
        step.error = baked.error().what;
    } else {
        step.text += (baked->reused ? " (reused) " : " ") + baked->id;
        if (!baked->walls.empty()) step.text += ", compiled " + baked->walls;
        if (baked->times) step.text += ", " + to_text(*baked->times);
    }
    return step;
}

/// Compiles, and leaves word of how it went: the next verdict of this boot needs it.
Result<void> compile(const Machine& machine, const Facts& facts, BakeOptions options, Run& run) {
    options.kernel = facts.host.kernel;
    std::string id;
    options.on_id = [&id](const std::string& known) { id = known; };
    options.deadline = std::chrono::seconds(facts.policy.rebuild_timeout_seconds);
    ProgressNote note(machine.effects, facts.host.kernel);
    options.on_progress = [&note, told = std::move(options.on_progress)](const Progress& progress) {
        note.put(progress);
        if (told) told(progress);
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto baked = bake(machine.root, machine.effects, *facts.pin.value, options);
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    run.report().steps.push_back(step_of(baked, usec.count()));
    if (baked)
        report::send_event(names::bake_committed, LOG_NOTICE, "bake " + baked->id + " is committed",
                           {{"GPUBOOT_BAKE", baked->id}});
    return remember_attempt(machine.effects, baked, id);
}

} // namespace

bool rebuild_is_forced(const Root& root) {
    auto text = root.read_text(names::next_rebuild, 64);
    return text && *text == "force";
}

Result<Report> rebuild(const Machine& machine, const BakeOptions& options) {
    if (auto taken = machine.effects.remove(names::next_rebuild); !taken)
        return forward(std::move(taken).error());
    auto world = look_at_store(machine.root, input::read_host());
    if (!world) return forward(std::move(world).error(), "reading the machine");
    const Verdict before = decide::judge(world->facts);
    Run run(machine, "rebuild", world->facts, before);
    const bool wanted = before.kind == VerdictKind::Rebuild || options.force;
    if (wanted && world->facts.pin.value)
        if (auto noted = compile(machine, world->facts, options, run); !noted)
            return forward(std::move(noted).error(), "remembering the rebuild");

    world = look_at_store(machine.root, input::read_host());
    if (!world) return forward(std::move(world).error(), "reading the machine again");
    Verdict after = decide::judge(world->facts);
    if (after.kind == VerdictKind::Fast)
        if (auto asked = execute::leave_word(machine.effects, names::next_recheck); !asked)
            return forward(std::move(asked).error(), "asking for the recheck");
    return run.finish(world->facts, std::move(after));
}

} // namespace gpuboot::flow
