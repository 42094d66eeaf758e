// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/device.hpp"

#include <algorithm>
#include <iterator>

#include "base/names.hpp"
#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "decide/services.hpp"
#include "execute/next.hpp"
#include "flow/containers.hpp"
#include "flow/gpu_notes.hpp"
#include "flow/init.hpp"
#include "flow/look.hpp"
#include "input/devices.hpp"
#include "input/gpus.hpp"
#include "model/job.hpp"
#include "report/job_record.hpp"
#include "report/journal.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

/// Other phases must not run inside this one: only gpuboot-check may load modules, and only
/// gpuboot-init says that the machine is ready.
Result<void> request(execute::Effects& effects, Verb verb, const std::string& address) {
    const Job nobody_waits_for{0, {verb, false}, JobState::Queued, "", ""};
    if (auto made = effects.ensure_directory(names::want_directory, 0770); !made) return made;
    return effects.replace_file(std::string(names::want_directory) + "/device-" + address + ".toml",
                                report::request_text(nobody_waits_for), 0644);
}

Result<std::vector<Reason>> make_device(const Machine& machine, const Policy& policy,
                                        const std::string& address, Run& run) {
    const input::Images none;
    execute::Executor executor(machine.effects, none);
    auto devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());
    if (auto noted = note_nodes(machine, *devices, address); !noted)
        return forward(std::move(noted).error());
    run.add(executor.run(decide::plan_nodes(*devices, address)));
    devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());

    auto reasons = decide::judge_devices(*devices, address);
    const bool served =
        std::ranges::find(devices->served, address, &ServedGpu::address) != devices->served.end();
    if (reasons.empty() && served) {
        const auto execution = executor.run(decide::plan_test(*devices, policy, address));
        run.add(execution);
        if (execution.failure)
            reasons.push_back(decide::reason_of(execution.failure->step,
                                                execution.failure->error.what +
                                                    "; kernel: " + execution.failure->kernel_line));
    }
    for (GpuReport& gpu : report_gpus(*devices, reasons))
        if (gpu.gpu.address == address) run.report().gpus.push_back(std::move(gpu));
    return reasons;
}

/// Only the pinned driver's GPUs are ours to prepare.
Result<Verdict> serve(const Machine& machine, const Facts& facts, const std::string& address,
                      Run& run) {
    Verdict verdict = decide::judge(facts);
    if (verdict.kind != VerdictKind::Ready) return verdict;
    auto reasons = make_device(machine, facts.policy, address, run);
    if (!reasons) return forward(std::move(reasons).error());
    // Of what else is known only what concerns this GPU: that it is left alone.
    std::erase_if(verdict.reasons, [&](const Reason& reason) {
        return reason.subject != address || std::ranges::find(*reasons, reason) != reasons->end();
    });
    if (!reasons->empty()) verdict.kind = VerdictKind::Blocked;
    std::ranges::move(*reasons, std::back_inserter(verdict.reasons));
    if (verdict.kind != VerdictKind::Ready) return verdict;
    auto refreshed = refresh_cdi(machine);
    if (!refreshed) return forward(std::move(refreshed).error(), "telling containers of it");
    run.add(*refreshed);
    const input::Images none;
    run.add(execute::Executor(machine.effects, none).run(decide::plan_hold(facts.policy)));
    return verdict;
}

/// With the last GPU that the driver served nothing is ready any more.
Result<void> note_lost(const Machine& machine, const std::string& leaving) {
    auto devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());
    std::erase_if(devices->served, [&](const ServedGpu& gpu) { return gpu.address == leaving; });
    if (!devices->served.empty() || !machine.root.exists(names::ready_stamp)) return {};
    if (auto removed = machine.effects.remove(names::ready_stamp); !removed) return removed;
    return execute::leave_word(machine.effects, names::lost_stamp);
}

/// What was made for it, and with the last GPU the word that the machine is ready.
Result<void> remove_made(const Machine& machine, const std::string& address) {
    const input::Images none;
    execute::Executor executor(machine.effects, none);
    const auto execution = executor.run(plan_removal(machine.root, address));
    if (execution.failure) return forward(execution.failure->error);
    return note_lost(machine, address);
}

void tell(const std::string& address, const std::string& what, int priority) {
    report::send_event(names::gpu_changed, priority, "GPU " + address + " " + what,
                       {{"GPUBOOT_PATH", address}});
}

} // namespace

Result<Report> add_device(const Machine& machine, const std::string& address) {
    auto world = look(machine.root);
    if (!world) return forward(std::move(world).error());
    Facts& facts = world->facts;
    Run run(machine, "device-" + address, facts, decide::judge(facts));
    const Verdict before = run.report().before;
    if (before.kind == VerdictKind::OptedOut) return run.finish(facts, before);
    if (auto noted = note_begin(machine, run, {address}); !noted)
        return forward(std::move(noted).error());
    if (!facts.loaded) {
        if (!facts.rebuilt && facts.refused.empty())
            if (auto asked = request(machine.effects, Verb::Check, address); !asked)
                return forward(std::move(asked).error(), "asking for a check");
        return run.finish(facts, before);
    }
    auto bound =
        input::wait_for_driver(address, std::chrono::seconds(facts.policy.ready_timeout_seconds));
    if (!bound) return forward(std::move(bound).error());
    if (auto read = look_again(machine.root, *world); !read)
        return forward(std::move(read).error());
    auto after = serve(machine, facts, address, run);
    if (!after) return forward(std::move(after).error(), "reading the devices");
    if (machine.root.exists(names::lost_stamp))
        if (auto asked = request(machine.effects, Verb::Init, address); !asked)
            return forward(std::move(asked).error(), "asking for the init phase");
    tell(address, after->kind == VerdictKind::Ready ? "was added" : "is not ready", 6);
    return run.finish(facts, std::move(*after));
}

Result<std::optional<Report>> bound_device(const Machine& machine, const std::string& address) {
    const auto told = read_word(machine.root, address);
    if (told && told->gpu.driver == "nvidia") return std::optional<Report>{};
    auto report = add_device(machine, address);
    if (!report) return forward(std::move(report).error());
    if (report->after.kind == VerdictKind::Ready && !machine.root.exists(names::ready_stamp))
        if (auto asked = request(machine.effects, Verb::Init, address); !asked)
            return forward(std::move(asked).error(), "asking for the init phase");
    return std::optional<Report>(std::move(*report));
}

Result<void> remove_device(const Machine& machine, const std::string& address) {
    // First of all: no container is started any more with a GPU that goes. Its node goes all the
    // same.
    auto told = refresh_cdi(machine, address);
    if (auto removed = remove_made(machine, address); !removed) return removed;
    if (auto forgotten = forget_gpu(machine.effects, address); !forgotten) return forgotten;
    tell(address, "was removed", 6);
    if (!told) return forward(std::move(told).error(), "telling containers that it is gone");
    return {};
}

Result<void> abandon_device(const Machine& machine, const std::string& address) {
    if (!machine.root.exists("/sys/bus/pci/devices/" + address))
        return remove_device(machine, address);
    auto told = refresh_cdi(machine, address);
    if (auto removed = remove_made(machine, address); !removed) return removed;
    const Run dead(machine, "device-" + address, {}, {});
    if (auto noted = note_begin(machine, dead, {address}); !noted) return noted;
    if (!told) return forward(std::move(told).error(), "telling containers that it failed");
    return {};
}

Result<void> attend_devices(const Machine& machine) {
    const auto devices = input::read_devices(machine.root);
    if (!devices) return fail(devices.error().code, devices.error().what);
    if (devices->served.empty()) return {};
    Tool tool{{"/usr/bin/systemctl", "--no-block", "start", "--"},
              Tool{}.environment,
              std::chrono::seconds(10),
              {}};
    for (const ServedGpu& gpu : devices->served)
        tool.argv.push_back("gpuboot-device@" + gpu.address + ".service");
    auto started = machine.effects.run(tool);
    if (!started) return forward(std::move(started).error());
    if (started->succeeded()) return {};
    return fail(Errc::Io, "the units of the GPUs were not started: " + started->output);
}

} // namespace gpuboot::flow
