// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/device.hpp"

#include <algorithm>

#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "flow/containers.hpp"
#include "flow/init.hpp"
#include "flow/look.hpp"
#include "flow/made_nodes.hpp"
#include "input/devices.hpp"
#include "input/gpus.hpp"
#include "model/job.hpp"
#include "report/job_record.hpp"
#include "report/journal.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

/// The chain must not run inside this phase: only gpuboot-check may load modules.
Result<void> request_chain(execute::Effects& effects, const std::string& address) {
    const Job nobody_waits_for{0, {Verb::Check, false}, JobState::Queued, "", ""};
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
    run.add(executor.run(decide::plan_nodes(*devices, address)));
    devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());

    auto reasons = decide::judge_devices(*devices, address);
    if (reasons.empty()) {
        const auto execution = executor.run(decide::plan_test(*devices, policy, address));
        run.add(execution);
        if (execution.failure)
            reasons.push_back(decide::reason_of(execution.failure->step,
                                                execution.failure->error.what +
                                                    "; kernel: " + execution.failure->kernel_line));
    }
    for (GpuReport& gpu : report_gpus(*devices, reasons))
        if (gpu.gpu.address == address) run.report().gpus.push_back(std::move(gpu));
    if (auto noted = note_made_nodes(machine.effects, *devices, address); !noted)
        return forward(std::move(noted).error());
    return reasons;
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
    const Verdict before = decide::judge(facts);
    Run run(machine, "device-" + address, facts, before);
    Verdict after = before;
    if (!facts.loaded) {
        const bool wanted = before.kind != VerdictKind::OptedOut;
        if (wanted && !facts.rebuilt && facts.refused.empty())
            if (auto asked = request_chain(machine.effects, address); !asked)
                return forward(std::move(asked).error(), "asking for a check");
        return run.finish(facts, std::move(after));
    }
    auto bound =
        input::wait_for_driver(address, std::chrono::seconds(facts.policy.ready_timeout_seconds));
    if (!bound) return forward(std::move(bound).error());
    if (auto read = look_again(machine.root, *world); !read)
        return forward(std::move(read).error());
    auto reasons = make_device(machine, facts.policy, address, run);
    if (!reasons) return forward(std::move(reasons).error(), "reading the devices");
    after = decide::judge(facts);
    if (!reasons->empty()) after.kind = VerdictKind::Blocked;
    after.reasons = std::move(*reasons);
    if (after.reasons.empty()) {
        auto refreshed = refresh_cdi(machine);
        if (!refreshed) return forward(std::move(refreshed).error(), "telling containers of it");
        run.add(*refreshed);
    }
    tell(address, after.reasons.empty() ? "was added" : "is not ready", 6);
    return run.finish(facts, std::move(after));
}

Result<void> remove_device(const Machine& machine, const std::string& address) {
    // First of all: no container is started any more with a GPU that goes. Its node goes all the
    // same.
    auto told = refresh_cdi(machine, address);
    const input::Images none;
    execute::Executor executor(machine.effects, none);
    const auto execution = executor.run(plan_removal(machine.root, address));
    if (execution.failure) return forward(execution.failure->error);
    const std::string report =
        std::string(names::report_directory) + "/device-" + address + ".json";
    if (auto removed = machine.effects.remove(report); !removed) return removed;
    if (auto forgotten = forget_made_nodes(machine.effects, address); !forgotten) return forgotten;
    // With the last GPU gone nothing is ready any more; the driver stays for the next one.
    auto gpus = input::read_gpus();
    if (gpus && gpus->empty()) (void)machine.effects.remove(names::ready_stamp);
    tell(address, "was removed", 6);
    if (!told) return forward(std::move(told).error(), "telling containers that it is gone");
    return {};
}

} // namespace gpuboot::flow
