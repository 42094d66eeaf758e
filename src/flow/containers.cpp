// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/containers.hpp"

#include "base/names.hpp"
#include "decide/cdi.hpp"
#include "decide/plan.hpp"
#include "execute/lock.hpp"
#include "flow/gpu_notes.hpp"
#include "input/cdi.hpp"
#include "input/devices.hpp"
#include "input/host.hpp"
#include "input/loaded_driver.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::chrono::seconds lock_deadline{5}; // a removal has 10 for everything

/// A phase that works on it has not reported, and says itself what it finds.
bool has_failed(const Root& root, const std::string& address) {
    const auto word = read_word(root, address);
    return word && !word->ready;
}

} // namespace

CdiFacts read_cdi_facts(const Root& root) {
    const auto loaded = input::read_loaded_driver(root);
    return loaded ? input::read_cdi(root, loaded->version, input::read_host().arch) : CdiFacts{};
}

Result<execute::Execution> refresh_cdi(const Machine& machine, const std::string& leaving) {
    if (!machine.root.exists(names::ready_stamp)) return execute::Execution{};
    // Each GPU has a phase of its own: what one of them read must not be written after what
    // another one read later.
    auto lock = execute::Lock::take_cdi(machine.root, machine.effects, lock_deadline);
    if (!lock) return forward(std::move(lock).error());
    auto devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());
    std::erase_if(devices->served, [&](const ServedGpu& gpu) {
        return gpu.address == leaving || has_failed(machine.root, gpu.address);
    });
    devices->cdi = read_cdi_facts(machine.root);
    const input::Images none;
    return execute::Executor(machine.effects, none).run(decide::plan_cdi(*devices));
}

Result<execute::Execution> refresh(const Machine& machine) {
    if (!machine.root.exists(names::ready_stamp)) return execute::Execution{};
    auto devices = input::read_devices(machine.root);
    if (!devices) return forward(std::move(devices).error());
    // One that has failed may have no unit any more that would take its node away with it.
    std::erase_if(devices->served,
                  [&](const ServedGpu& gpu) { return has_failed(machine.root, gpu.address); });
    const input::Images none;
    auto made = execute::Executor(machine.effects, none).run(decide::plan_nodes(*devices));
    auto told = refresh_cdi(machine);
    if (!told) return forward(std::move(told).error());
    made.steps.insert(made.steps.end(), told->steps.begin(), told->steps.end());
    if (!made.failure) made.failure = std::move(told->failure);
    return made;
}

void withdraw_cdi(const Machine& machine, Run& run) {
    if (!machine.root.exists(names::cdi_spec)) return;
    const input::Images none;
    run.add(execute::Executor(machine.effects, none).run({WithdrawCdi{}}));
}

} // namespace gpuboot::flow
