// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/check.hpp"

#include "base/names.hpp"
#include "decide/judge.hpp"
#include "execute/next.hpp"
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
    return execute::set_word(effects, names::next_init,
                             verdict.kind == VerdictKind::Ready && facts.active.empty());
}

/// For the units behind this one. What cannot be asked for is told, and keeps no driver from
/// loading.
void leave_words(const Machine& machine, const Facts& facts, Verdict& verdict) {
    const auto note = [&](const char* what, const Result<void>& left) {
        if (!left)
            verdict.reasons.push_back({ReasonCode::StepFailed, what, "done", left.error().what});
    };
    note("ask for the init phase", note_init(machine.effects, facts, verdict));
    note("ask for the removal of other drivers", note_foreign(machine, facts.policy));
    note("ask for the purge", note_purge(machine, facts.policy));
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
    leave_words(machine, world->facts, *verdict);
    return run.finish(world->facts, std::move(*verdict));
}

} // namespace gpuboot::flow
