// SPDX-License-Identifier: LGPL-2.1-or-later
// simulate: what would happen on another machine, from this one's store, pin and policy.
#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "flow/simulation.hpp"
#include "input/host.hpp"
#include "model/pin.hpp"
#include "report/record.hpp"
#include "report/sentences.hpp"

namespace gpuboot::cli {

namespace {

Result<flow::Imagined> imagine(const Options& options) {
    flow::Imagined machine;
    const model::Host host = input::read_host();
    machine.kernel = options.kernel.value_or(host.kernel);
    machine.arch = options.arch.value_or(host.arch);
    machine.pci_id = options.pci.value_or("");
    machine.version = options.driver;
    if (!flow::is_pci_id(machine.pci_id))
        return fail(Errc::BadInput, "--pci: wanted VENDOR:DEVICE as in 10de:2330, found \"" +
                                        model::printable(machine.pci_id) + "\"");
    if (options.driver && !model::is_version(*options.driver))
        return fail(Errc::BadInput, "--driver: wanted a version as the pin has one, found \"" +
                                        model::printable(*options.driver) + "\"");
    if (!options.kind) return machine;
    machine.kind = model::kind_of(*options.kind);
    if (!machine.kind)
        return fail(Errc::BadInput, "--kind: wanted open, proprietary or grid, found \"" +
                                        model::printable(*options.kind) + "\"");
    return machine;
}

std::string pinned(const flow::Simulation& simulation) {
    const auto& pin = simulation.facts.pin.value;
    return pin ? pin->version + " (" + std::string(to_text(pin->kind)) + ")" : "none";
}

Node record_of(const flow::Simulation& simulation, const flow::Imagined& machine) {
    Array steps, assumed;
    for (const model::Step& step : simulation.plan)
        steps.push_back(to_text(step));
    for (const std::string& sentence : simulation.assumed)
        assumed.push_back(sentence);
    return Table{{"simulated", true},
                 {"kernel", machine.kernel},
                 {"arch", machine.arch},
                 {"pci_id", machine.pci_id},
                 {"pin", pinned(simulation)},
                 {"verdict", to_text(simulation.verdict.kind)},
                 {"bake", simulation.verdict.bake},
                 {"reasons", report::record_of(simulation.verdict.reasons)},
                 {"steps", std::move(steps)},
                 {"assumed", std::move(assumed)}};
}

} // namespace

Result<int> simulate(const Options& options) {
    auto machine = imagine(options);
    if (!machine) {
        std::fprintf(stderr, "gpubootctl: %s\n", machine.error().what.c_str());
        return exit_usage;
    }
    auto simulation = flow::simulate(options.root, *machine);
    if (!simulation) return forward(std::move(simulation).error());
    std::string text;
    if (options.json) {
        text = to_json(record_of(*simulation, *machine)) + "\n";
    } else {
        text = "Simulated, nothing was done: kernel " + machine->kernel + " (" + machine->arch +
               "), GPU " + machine->pci_id + ", driver " + pinned(*simulation) + "\n" +
               report::to_sentences(simulation->verdict) + "Steps it would take:\n" +
               report::to_sentences(simulation->plan) +
               "Assumed, because it cannot be known here:\n";
        for (const std::string& sentence : simulation->assumed)
            text += "  - " + sentence + "\n";
    }
    std::fputs(text.c_str(), stdout);
    return exit_code_of(simulation->verdict.kind);
}

} // namespace gpuboot::cli
