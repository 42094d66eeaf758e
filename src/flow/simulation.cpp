// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/simulation.hpp"

#include <algorithm>

#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "input/gather.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

/// All that is true of the machine this runs on, and need not be of the other.
void forget_this_machine(Facts& facts) {
    facts.offline = false;
    facts.opted_out.clear();
    facts.gpus.clear();
    facts.active.clear();
    facts.active_srcversion.clear();
    facts.active_kind.reset();
    facts.loaded.reset();
    facts.running = {};
    facts.refused.clear();
    facts.rebuilt.reset();
    facts.records.boot_id = "simulated";
    facts.records.build.clear();
    facts.records.trial.reset(); // it says how this machine ended
}

void put_pin(Facts& facts, const Imagined& machine) {
    if (!machine.version && !machine.kind) return;
    Pin pin = facts.pin.value.value_or(Pin{});
    if (machine.version) pin.version = *machine.version;
    if (machine.kind) pin.kind = *machine.kind;
    facts.pin = {std::move(pin), ""};
}

/// Another version has another source; which one is known only where it was baked.
bool take_source_of_bake(Facts& facts, const Pin& real) {
    Pin& pin = *facts.pin.value;
    if (pin.version == real.version && pin.kind == real.kind) return false;
    for (const BakeFact& bake : facts.bakes) {
        const auto& marker = bake.marker.value;
        if (!marker || marker->driver_version != pin.version || marker->kind != pin.kind) continue;
        pin.source.sha256 = marker->source_sha256;
        return true;
    }
    return false;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

} // namespace

bool is_pci_id(std::string_view text) {
    return text.size() == 9 && text[4] == ':' && std::ranges::all_of(text.substr(0, 4), is_hex) &&
           std::ranges::all_of(text.substr(5), is_hex);
}

Result<Simulation> simulate(const Root& root, const Imagined& machine) {
    auto gathered = input::gather_machine(root, {machine.kernel, machine.arch});
    if (!gathered) return forward(std::move(gathered).error());
    input::World world{std::move(*gathered), {}, false};
    Facts& facts = world.facts;
    forget_this_machine(facts);
    const Pin real = facts.pin.value.value_or(Pin{});
    put_pin(facts, machine);
    if (machine.pci_id.starts_with("10de:")) facts.gpus = {{"0000:01:00.0", machine.pci_id, ""}};
    input::read_surroundings(root, facts);
    facts.admission.reset();
    input::read_bakes(root, world);
    input::read_compile(root, facts);

    Simulation result;
    result.assumed = {
        "the GPU is free and no driver is loaded yet; the machine has not opted out",
        "the driver supports " + machine.pci_id + ": only the driver itself knows its GPUs",
        "the kernel takes the modules: its lockdown, its keys and its command line are not known",
        "libraries, firmware, headers and compiler are those of this tree"};
    if (facts.pin.value && take_source_of_bake(facts, real))
        result.assumed.push_back("the source of driver " + facts.pin.value->version +
                                 " is the one that its bake was made from");
    result.verdict = decide::judge(facts);
    result.plan = decide::plan(facts, result.verdict);
    result.facts = std::move(facts);
    return result;
}

} // namespace gpuboot::flow
