// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/init.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "decide/cdi.hpp"
#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "decide/records.hpp"
#include "decide/runtimes.hpp"
#include "decide/services.hpp"
#include "execute/next.hpp"
#include "flow/containers.hpp"
#include "flow/gpu_notes.hpp"
#include "flow/look.hpp"
#include "input/devices.hpp"
#include "input/records.hpp"
#include "input/runtimes.hpp"
#include "input/services.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

struct Outcome {
    DeviceFacts devices;
    std::vector<Reason> reasons;
};

/// Asks the driver itself, and tells containers of what it then serves: a GPU's UUID is known only
/// after it was opened.
Result<std::optional<execute::Failure>> serve(const Machine& machine, const Facts& facts,
                                              Outcome& outcome, Run& run) {
    DeviceFacts& devices = outcome.devices;
    const input::Images none;
    execute::Executor executor(machine.effects, none);
    auto execution = executor.run(decide::plan_test(devices, facts.policy));
    run.add(execution);
    if (execution.failure) return std::move(execution.failure);
    for (Reason& reason : decide::reasons_of(execution.remarks))
        outcome.reasons.push_back(std::move(reason));
    auto opened = input::read_devices(machine.root);
    if (!opened) return forward(std::move(opened).error());
    opened->services = std::move(devices.services);
    opened->runtimes = input::read_runtimes(machine.root, facts.policy.configured_runtimes);
    devices = std::move(*opened);
    devices.cdi = read_cdi_facts(machine.root);
    const Plan ready = decide::plan_ready(devices, facts.policy);
    execution = executor.run(ready);
    run.add(execution);
    for (Reason& reason : decide::judge_configured(ready, execution.steps))
        outcome.reasons.push_back(std::move(reason));
    return std::move(execution.failure);
}

/// Makes what is missing, looks again, and only then asks the driver itself.
Result<Outcome> make_ready(const Machine& machine, const Facts& facts, Run& run) {
    const input::Images none;
    execute::Executor executor(machine.effects, none);
    auto devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());
    std::vector<std::string> addresses;
    for (const Gpu& gpu : devices->gpus)
        addresses.push_back(gpu.address);
    if (auto noted = note_begin(machine, run, addresses); !noted)
        return forward(std::move(noted).error());
    if (auto noted = note_nodes(machine, *devices); !noted)
        return forward(std::move(noted).error());
    run.add(executor.run(decide::plan_nodes(*devices)));
    devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());

    Outcome outcome{std::move(*devices), {}};
    outcome.reasons = decide::judge_devices(outcome.devices);
    outcome.devices.services = input::read_services(machine.root, facts.policy);
    if (auto why = decide::fabric_left_alone(outcome.devices.services, facts.policy); !why.empty())
        run.report().passed.push_back(std::move(why));
    for (Reason& reason : decide::judge_services(outcome.devices.services, facts.policy))
        outcome.reasons.push_back(std::move(reason));
    const auto fatal = [&](const Reason& r) {
        return decide::fails_the_machine(r, outcome.devices);
    };
    if (std::ranges::any_of(outcome.reasons, fatal)) return outcome;
    auto served = serve(machine, facts, outcome, run);
    if (!served) return forward(std::move(served).error());
    if (const auto& failure = *served) {
        std::string error = failure->error.what;
        if (!failure->kernel_line.empty()) error += "; kernel: " + failure->kernel_line;
        outcome.reasons.push_back(decide::reason_of(failure->step, error));
    }
    for (Reason& reason : decide::judge_cdi(outcome.devices))
        outcome.reasons.push_back(std::move(reason));
    for (Reason& reason : decide::judge_runtimes(outcome.devices.runtimes))
        outcome.reasons.push_back(std::move(reason));
    return outcome;
}

/// What this boot now knows of the active bake, for the next one. Asks for another check when
/// another bake is to take over.
Result<void> keep_outcome(const Machine& machine, input::World& world, const Outcome& outcome,
                          Run& run) {
    Facts& facts = world.facts;
    const input::Images none;
    execute::Executor executor(machine.effects, none);
    const auto fatal = [&](const Reason& r) {
        return decide::fails_the_machine(r, outcome.devices);
    };
    if (std::ranges::none_of(outcome.reasons, fatal)) {
        run.add(executor.run(decide::plan_good(facts)));
        return {};
    }
    const auto unopened = std::ranges::find(outcome.reasons, ReasonCode::OpenFailed, &Reason::code);
    if (unopened == outcome.reasons.end()) {
        run.add(executor.run(decide::plan_survived(facts, facts.active)));
        return {};
    }
    input::read_bakes(machine.root, world);
    const Plan steps = decide::plan_failed(facts, to_text(*unopened), now_in_words());
    const auto kept = executor.run(steps);
    run.add(kept);
    facts.records = input::read_records(machine.root);
    const bool marked = !decide::judge_records(facts, facts.active).empty();
    return marked ? execute::leave_word(machine.effects, names::next_recheck) : Result<void>{};
}

} // namespace

std::vector<GpuReport> report_gpus(const DeviceFacts& devices, const std::vector<Reason>& reasons) {
    std::vector<GpuReport> reports;
    for (const Gpu& gpu : devices.gpus) {
        GpuReport report;
        report.gpu = gpu;
        const auto served = std::ranges::find(devices.served, gpu.address, &ServedGpu::address);
        if (served != devices.served.end()) {
            report.minor = static_cast<int>(served->minor);
            report.node = "/dev/nvidia" + std::to_string(served->minor);
            report.ready = std::ranges::none_of(reasons, [&](const Reason& reason) {
                return decide::fails_the_machine(reason, devices);
            });
        }
        reports.push_back(std::move(report));
    }
    return reports;
}

bool recheck_is_wanted(const Root& root) { return root.exists(names::next_recheck); }

Result<Report> init(const Machine& machine) {
    // The loader's cache is as it will stay in this boot.
    if (auto over = machine.effects.remove(names::next_loader); !over)
        return forward(std::move(over).error());
    auto world = look(machine.root);
    if (!world) return forward(std::move(world).error());
    Facts& facts = world->facts;
    Run run(machine, "init", facts, decide::judge(facts));
    (void)machine.effects.remove(names::ready_stamp); // stands again only when this run earns it
    (void)machine.effects.remove(names::lost_stamp);
    if (const Verdict& found = run.report().before; found.kind != VerdictKind::Ready) {
        withdraw_cdi(machine, run); // another driver's GPUs are not ours to offer
        return run.finish(facts, Verdict(found));
    }
    auto outcome = make_ready(machine, facts, run);
    if (!outcome) return forward(std::move(outcome).error(), "reading the devices");
    if (!machine.root.exists(names::ready_stamp)) withdraw_cdi(machine, run);
    if (auto kept = keep_outcome(machine, *world, *outcome, run); !kept)
        return forward(std::move(kept).error(), "asking for another check");

    run.report().gpus = report_gpus(outcome->devices, outcome->reasons);
    Verdict after = decide::judge(facts);
    for (Reason& reason : outcome->reasons) {
        if (decide::fails_the_machine(reason, outcome->devices)) after.kind = VerdictKind::Blocked;
        if (std::ranges::find(after.reasons, reason) == after.reasons.end())
            after.reasons.push_back(std::move(reason));
    }
    return run.finish(facts, std::move(after));
}

} // namespace gpuboot::flow
