// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/check.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "decide/judge_admission.hpp"
#include "decide/plan.hpp"
#include "flow/look.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

std::vector<std::string> live_modules(const Facts& facts) {
    return facts.loaded ? facts.loaded->modules : std::vector<std::string>{};
}

std::string line_of(const execute::Failure& failure) {
    return failure.kernel_line.empty() ? failure.error.what : failure.kernel_line;
}

/// What became of this run's loads.
struct Tries {
    std::set<std::string> again;      ///< bakes whose load failed in a way that may pass
    std::vector<RefusedLoad> refused; ///< not forgotten, even where /run cannot be read back
    int undecided = 0;                ///< turns in which nothing failed and nothing became live
};

constexpr int undecided_limit = 3;

/// So that no bake is loaded twice in one boot, and the verdict can say why.
Result<void> remember_refusal(execute::Effects& effects, const LoadModule& step,
                              const execute::Failure& failure) {
    const std::string folder(names::tried_directory);
    const Node record = Table{{"bake", step.bake},
                              {"module", step.name},
                              {"errno", failure.error.sys},
                              {"kernel_line", line_of(failure)}};
    if (auto made = effects.ensure_directory(folder, 0755); !made) return made;
    return effects.replace_file(folder + "/load-" + step.bake + ".json", to_json(record) + "\n",
                                0644);
}

/// Takes the half-loaded bake back. The reason, if trying another bake makes no sense.
std::optional<Reason> recover(const Machine& machine, execute::Executor& executor, Run& run,
                              Facts& facts, const std::vector<std::string>& before,
                              const execute::Failure& failure, Tries& tries) {
    (void)input::refresh(machine.root, facts); // unread, the plan only undoes less
    run.add(executor.run(decide::plan_undo(before, live_modules(facts))));
    const auto* load = std::get_if<LoadModule>(&failure.step);
    if (!load) return decide::reason_of(failure.step, failure.error.what);
    if (decide::may_pass(failure.error.sys) && tries.again.insert(load->bake).second)
        return std::nullopt; // the same bake is judged fit again, and loaded once more
    tries.refused.push_back({load->bake, load->name, failure.error.sys, line_of(failure)});
    if (auto noted = remember_refusal(machine.effects, *load, failure); !noted)
        return Reason{ReasonCode::StepFailed, "remember the refused load", "done",
                      noted.error().what};
    return std::nullopt;
}

/// The second verdict. A refusal of this run counts even if its record was lost.
Result<Verdict> judge_again(const Machine& machine, input::World& world, const Tries& tries) {
    if (auto read = look_again(machine.root, world); !read) return forward(std::move(read).error());
    auto& known = world.facts.refused;
    for (const RefusedLoad& refused : tries.refused)
        if (std::ranges::find(known, refused.bake, &RefusedLoad::bake) == known.end())
            known.push_back(refused);
    return decide::judge(world.facts);
}

/// Nothing failed, and yet nothing is live: another loader is at the same modules (F-83). The
/// kernel waited for it before it answered, so the next turn finds its end.
bool decided(Verdict& verdict, Tries& tries) {
    if (verdict.kind != VerdictKind::Fast) return true;
    if (++tries.undecided < undecided_limit) return false;
    verdict.kind = VerdictKind::Blocked;
    verdict.reasons.push_back({ReasonCode::StepFailed, "load the driver", "a live driver",
                               "something else loads and unloads the same modules"});
    return true;
}

/// Acts on verdicts until one stands: each turn but the last rules one more bake out.
Result<Verdict> act(const Machine& machine, input::World& world, Run& run) {
    Facts& facts = world.facts;
    execute::Executor executor(machine.effects, world.images);
    Verdict verdict = run.report().before;
    Tries tries;
    for (;;) {
        const auto before = live_modules(facts);
        const auto execution = executor.run(decide::plan(facts, verdict));
        run.add(execution);
        std::optional<Reason> broken;
        if (execution.failure)
            broken = recover(machine, executor, run, facts, before, *execution.failure, tries);
        auto next = judge_again(machine, world, tries);
        if (!next) return next;
        verdict = std::move(*next);
        if (broken) {
            verdict.kind = VerdictKind::Blocked;
            verdict.reasons.push_back(std::move(*broken));
        }
        if (broken || (!execution.failure && decided(verdict, tries))) return verdict;
    }
}

} // namespace

Result<Report> check(const Machine& machine, std::string_view phase) {
    auto world = look(machine.root);
    if (!world) return forward(std::move(world).error());
    Run run(machine, phase, world->facts, decide::judge(world->facts));
    auto verdict = act(machine, *world, run);
    if (!verdict) return forward(std::move(verdict).error());
    // A stamp of an earlier run must not outlive the driver it spoke of; a typo in the pin of a
    // running machine takes nothing from its GPUs.
    if (!world->facts.loaded) (void)machine.effects.remove(names::ready_stamp);
    (void)machine.effects.remove(names::next_recheck);
    return run.finish(world->facts, std::move(*verdict));
}

} // namespace gpuboot::flow
