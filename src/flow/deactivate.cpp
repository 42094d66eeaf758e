// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/deactivate.hpp"

#include <algorithm>
#include <iterator>

#include "base/names.hpp"
#include "decide/deactivation.hpp"
#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "flow/look.hpp"
#include "input/device_users.hpp"
#include "input/devices.hpp"
#include "input/origins.hpp"
#include "input/policy.hpp"
#include "input/services.hpp"
#include "input/wanted.hpp"
#include "report/teardown.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

Wanted wanted(const Root& root) {
    return input::read_wanted(root, input::read_policy(root).policy);
}

/// More than a verdict needs: who uses the very driver that is wanted, and where it is from.
void read_running(const Root& root, input::World& world) {
    auto users = input::read_device_users(root);
    world.facts.running.users = std::move(users.users);
    world.facts.running.users_flaw = std::move(users.flaw);
    world.facts.running.origins = input::read_origins(root, world.facts, world.images);
}

/// What kept it from going; then all is as it was.
std::vector<Reason> release(const Machine& machine, input::World& world, Run& run) {
    const Facts before = world.facts;
    if (auto reasons = decide::judge_deactivation(before); !reasons.empty()) return reasons;
    const auto running =
        input::read_running_units(machine.root, decide::dependent_units(before.policy));
    execute::Executor executor(machine.effects, world.images);
    const auto released = executor.run(decide::plan_release(before, running));
    run.add(released);
    if (!released.failure) return {};
    (void)look_again(machine.root, world); // unread, more is loaded again than has to be
    const auto& loaded = world.facts.loaded;
    run.add(executor.run(decide::plan_resume(
        before, running, loaded ? loaded->modules : std::vector<std::string>{})));
    return {decide::reason_of(released.failure->step, released.failure->error.what)};
}

Result<void> clear(const Machine& machine, const input::World& world, Run& run) {
    execute::Effects& effects = machine.effects;
    if (auto gone = effects.remove(names::ready_stamp); !gone) return gone;
    if (auto made = effects.ensure_directory(names::run_directory, 0755); !made) return made;
    if (auto noted = effects.replace_file(names::boot_opt_out_file, "", 0644); !noted) return noted;
    const bool stays = world.facts.loaded && world.facts.active.empty();
    execute::Executor executor(effects, world.images);
    const auto cleared = executor.run(decide::plan_removal(
        world.facts, stays ? std::vector<std::string>{} : input::read_left_nodes(machine.root)));
    run.add(cleared);
    if (cleared.failure) return forward(cleared.failure->error);
    if (stays) return {};
    for (std::string_view folder : {capability_folder, imex_folder})
        if (auto gone = effects.remove_empty(folder); !gone) return gone;
    return {};
}

/// What gpuboot brings to a running machine.
struct Presence {
    bool modules, active, cdi, ready;
};

Presence presence(const Root& root, const Facts& facts) {
    return {facts.loaded.has_value(), !facts.active.empty(), root.exists(names::cdi_spec),
            root.exists(names::ready_stamp)};
}

/// Modules that no bake of ours was active for are somebody else's, and stay.
bool is_clean(const Presence& before, const Presence& after) {
    return !after.active && !after.cdi && !after.ready && !(before.active && after.modules);
}

void tell(const Presence& before, const Presence& after) {
    const auto part = [](const char* name, bool was, bool is) {
        const auto word = [](bool there) { return there ? "present" : "absent"; };
        return report::Part{name, word(was), word(is)};
    };
    report::send_released(is_clean(before, after), {part("modules", before.modules, after.modules),
                                                    part("active", before.active, after.active),
                                                    part("cdi", before.cdi, after.cdi),
                                                    part("ready", before.ready, after.ready)});
}

} // namespace

Result<Deactivated> deactivate(const Machine& machine) {
    if (const Wanted now = wanted(machine.root); now.driver && now.by_command_line)
        return fail(Errc::BadInput, now.by + " wants a driver, whatever is said here");
    auto world = look(machine.root);
    if (!world) return forward(std::move(world).error());
    read_running(machine.root, *world);
    const auto before = presence(machine.root, world->facts);
    Run run(machine, "deactivate", world->facts, decide::judge(world->facts));
    if (auto kept = release(machine, *world, run); !kept.empty()) {
        Verdict after = run.report().before;
        std::ranges::move(kept, std::back_inserter(after.reasons));
        tell(before, presence(machine.root, world->facts));
        return Deactivated{run.finish(world->facts, std::move(after)), false};
    }
    if (auto cleared = clear(machine, *world, run); !cleared)
        return forward(std::move(cleared).error());
    if (auto read = look_again(machine.root, *world); !read)
        return forward(std::move(read).error());
    tell(before, presence(machine.root, world->facts));
    return Deactivated{run.finish(world->facts, decide::judge(world->facts)), true};
}

Result<void> opt_out(execute::Effects& effects) {
    const std::string_view path = names::opt_out_file;
    if (auto made = effects.ensure_directory(path.substr(0, path.rfind('/')), 0755); !made)
        return made;
    return effects.replace_settings(path, "# No driver from gpuboot: see gpubootctl(1), opt-in.\n");
}

Result<void> opt_in(const Root& root, execute::Effects& effects) {
    for (std::string_view file : {names::boot_opt_out_file, names::opt_out_file})
        if (auto gone = effects.remove(file); !gone) return gone;
    const Wanted now = wanted(root);
    if (now.driver) return {};
    return fail(Errc::BadInput, "the machine stays opted out: " + now.by);
}

} // namespace gpuboot::flow
