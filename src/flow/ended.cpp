// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/ended.hpp"

#include <algorithm>

#include "flow/gpu_notes.hpp"
#include "input/gpus.hpp"
#include "input/host.hpp"

namespace gpuboot::flow {

using namespace model;

Result<void> tell_dead(const Machine& machine, const std::string& phase, const std::string& how) {
    const auto addresses = left_behind(machine.root, phase);
    if (addresses.empty()) return {};
    auto gpus = input::read_gpus();
    if (!gpus) return forward(std::move(gpus).error());
    Facts facts;
    facts.host = input::read_host();
    const Verdict dead{VerdictKind::Blocked, "", {{ReasonCode::StepFailed, phase, "done", how}}};
    Run run(machine, phase, facts, dead);
    if (auto noted = note_begin(machine, run, addresses); !noted) return noted;
    for (const Gpu& gpu : *gpus)
        if (std::ranges::find(addresses, gpu.address) != addresses.end())
            run.report().gpus.push_back({gpu, -1, "", false});
    run.finish(facts, dead);
    return {};
}

} // namespace gpuboot::flow
