// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/check.hpp"

#include "base/names.hpp"
#include "decide/judge.hpp"
#include "flow/acting.hpp"
#include "flow/look.hpp"
#include "input/running.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

/// How long another loader (udev's modprobe) may take over what it has begun; F-80 is longer.
constexpr std::chrono::seconds other_loader{5};

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
    return run.finish(world->facts, std::move(*verdict));
}

} // namespace gpuboot::flow
