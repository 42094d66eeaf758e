// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/check.hpp"

#include "base/names.hpp"
#include "decide/judge.hpp"
#include "flow/acting.hpp"
#include "flow/foreign.hpp"
#include "flow/look.hpp"
#include "flow/purge.hpp"
#include "input/running.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

/// How long another loader (udev's modprobe) may take over what it has begun; F-80 is longer.
constexpr std::chrono::seconds other_loader{5};

/// The pinned driver that another loader brought has no active bake to say that init is due.
Result<void> note_init(execute::Effects& effects, const Facts& facts, const Verdict& verdict) {
    if (verdict.kind != VerdictKind::Ready || !facts.active.empty())
        return effects.remove(names::next_init);
    if (auto made = effects.ensure_directory(names::next_directory, 0700); !made) return made;
    return effects.replace_file(names::next_init, "", 0600);
}

} // namespace

Result<Report> check(const Machine& machine, std::string_view phase) {
    input::wait_for_modules(machine.root, other_loader);
    auto world = look(machine.root);
    if (!world) return forward(std::move(world).error());
    Run run(machine, phase, world->facts, decide::judge(world->facts));
    auto verdict = act(machine, *world, run,
                       [&](input::World& seen) { return look_again(machine.root, seen); });
    if (!verdict) return forward(std::move(verdict).error());
    // A stamp of an earlier run must not outlive the driver it spoke of; a typo in the pin of a
    // running machine takes nothing from its GPUs.
    if (!world->facts.loaded) (void)machine.effects.remove(names::ready_stamp);
    (void)machine.effects.remove(names::next_recheck);
    if (auto noted = note_init(machine.effects, world->facts, *verdict); !noted)
        verdict->reasons.push_back(
            {ReasonCode::StepFailed, "ask for the init phase", "done", noted.error().what});
    if (auto noted = note_foreign(machine, world->facts.policy); !noted)
        verdict->reasons.push_back({ReasonCode::StepFailed, "ask for the removal of other drivers",
                                    "done", noted.error().what});
    if (auto noted = note_purge(machine, world->facts.policy); !noted)
        verdict->reasons.push_back(
            {ReasonCode::StepFailed, "ask for the purge", "done", noted.error().what});
    return run.finish(world->facts, std::move(*verdict));
}

} // namespace gpuboot::flow
