// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/kernels.hpp"

#include <algorithm>
#include <iterator>

#include "decide/judge.hpp"
#include "decide/judge_compile.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

bool is_of(const BakeFact& bake, const std::string& kernel) {
    return bake.marker.value && bake.marker.value->kernel == kernel;
}

/// What a compile that was tried, or would be, says; else what is wrong with the bakes it has.
std::vector<Reason> reasons_of(const Facts& facts) {
    std::vector<Reason> reasons;
    reasons.reserve(facts.failed_builds.size());
    for (const FailedBuild& failed : facts.failed_builds)
        reasons.push_back(judge_failed(failed));
    if (reasons.empty()) reasons = judge_lacks(facts.lacks);
    if (!reasons.empty()) return reasons;
    for (const BakeFact& bake : facts.bakes)
        if (is_of(bake, facts.host.kernel))
            std::ranges::move(judge_bake(facts, bake), std::back_inserter(reasons));
    if (reasons.empty())
        reasons.push_back(
            {NoBake, "/var/lib/gpuboot/bakes", "a bake for " + facts.host.kernel, "none"});
    return reasons;
}

} // namespace

KernelState judge_kernel(const Facts& facts) {
    KernelState state;
    state.kernel = facts.host.kernel;
    if (!facts.pin.value) {
        state.reasons = {{facts.pin.flaw.empty() ? PinMissing : PinMalformed, facts.pin_path,
                          "a driver version", facts.pin.flaw.empty() ? "nothing" : facts.pin.flaw}};
        return state;
    }
    for (const BakeFact& bake : facts.bakes)
        if (judge_bake(facts, bake).empty()) state.bake = std::max(state.bake, bake.id);
    if (state.bake.empty()) state.reasons = reasons_of(facts);
    return state;
}

} // namespace gpuboot::decide
