// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "decide/judge_admission.hpp"
#include "decide/judge_companions.hpp"
#include "decide/judge_compile.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

/// The kernel cannot tell a grid driver from a proprietary one: both name themselves alike.
bool same_kind(Kind pinned, Kind loaded) {
    return (pinned == Kind::Open) == (loaded == Kind::Open);
}

std::string name_of(const LoadedDriver& driver) {
    return driver.version + " (" + (driver.kind == Kind::Open ? "open" : "proprietary") + ")";
}

/// "nvidia-uvm" is the file's name, "nvidia_uvm" the kernel's.
std::string in_kernel_words(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

bool all_modules_live(const Facts& facts) {
    return std::ranges::all_of(facts.policy.modules, [&](const std::string& name) {
        return std::ranges::find(facts.loaded->modules, in_kernel_words(name)) !=
               facts.loaded->modules.end();
    });
}

/// GPUs that something else than the driver holds, or nothing does.
std::vector<Reason> judge_bindings(const Facts& facts) {
    std::vector<Reason> reasons;
    for (const Gpu& gpu : facts.gpus) {
        if (gpu.driver == "nvidia") continue;
        if (gpu.driver.empty())
            reasons.push_back({GpuUnbound, gpu.address, "nvidia", "no driver"});
        else
            reasons.push_back({GpuHeldByOther, gpu.address, "nvidia or no driver", gpu.driver});
    }
    return reasons;
}

bool all_held_by_others(const Facts& facts) {
    const auto held = [](const Gpu& gpu) { return !gpu.driver.empty() && gpu.driver != "nvidia"; };
    return !facts.gpus.empty() && std::ranges::all_of(facts.gpus, held);
}

Verdict judge_loaded(const Facts& facts) {
    const bool bound = std::ranges::find(facts.gpus, "nvidia", &Gpu::driver) != facts.gpus.end();
    return {bound ? VerdictKind::Ready : VerdictKind::Blocked, facts.active, judge_bindings(facts)};
}

/// A compile would end as this bake did.
constexpr std::array incurable{GpuUnsupported,   LoadForbidden,     LoadFailed,
                               ParameterRefused, ModuleBlacklisted, SignatureMissing,
                               SignatureDamaged, SigningKeyUnknown, ModuleNotInBake};

bool curable(const Reason& reason) {
    return std::ranges::find(incurable, reason.code) == incurable.end();
}

/// No bake fits: is a compile what helps?
VerdictKind judge_cure(const Facts& facts, std::vector<Reason>& reasons) {
    if (!facts.store_flaw.empty()) {
        reasons.push_back({StoreUnreadable, "", "a readable store", facts.store_flaw});
        return VerdictKind::Blocked;
    }
    if (!std::ranges::all_of(reasons, curable)) return VerdictKind::Blocked;
    if (auto shut_out = judge_compiled(facts)) {
        reasons.push_back(std::move(*shut_out));
        return VerdictKind::Blocked;
    }
    if (facts.rebuilt) {
        // Once per boot: a second try would end as the first did (S1-32).
        if (auto reason = judge_attempt(*facts.rebuilt)) reasons.push_back(std::move(*reason));
        return VerdictKind::Blocked;
    }
    if (!facts.policy.rebuild_allowed) {
        reasons.push_back({RebuildForbidden, "[rebuild] allow = false", "", ""});
        return VerdictKind::Blocked;
    }
    auto lacking = judge_lacks(facts.lacks);
    const bool able = lacking.empty();
    std::ranges::move(lacking, std::back_inserter(reasons));
    if (!able) return VerdictKind::Blocked;
    // Whether the inputs are still those is found out by the rebuild; a person knows already.
    for (const FailedBuild& failed : facts.failed_builds)
        reasons.push_back(judge_failed(failed));
    return VerdictKind::Rebuild;
}

Verdict judge_bakes(const Facts& facts) {
    Verdict verdict;
    for (const BakeFact& bake : facts.bakes) {
        auto reasons = judge_bake(facts, bake);
        // What is live already decides: modules of two bakes never run together (V8).
        const bool goes_on = facts.loaded && !facts.active.empty() && verdict.bake == facts.active;
        if (reasons.empty() && !goes_on) verdict.bake = bake.id;
        std::ranges::move(reasons, std::back_inserter(verdict.reasons));
    }
    if (!verdict.bake.empty()) return {VerdictKind::Fast, verdict.bake, {}};
    if (verdict.reasons.empty() && facts.store_flaw.empty())
        verdict.reasons.push_back({NoBake, "/var/lib/gpuboot/bakes", "a bake", "none"});
    verdict.kind = judge_cure(facts, verdict.reasons);
    return verdict;
}

/// A driver runs, or would after this verdict's steps: then it has to find its companions.
bool is_of_use(VerdictKind kind) {
    return kind == VerdictKind::Ready || kind == VerdictKind::Fast || kind == VerdictKind::Fetch ||
           kind == VerdictKind::Rebuild;
}

} // namespace

std::optional<Verdict> judge_machine(const Facts& facts) {
    if (!facts.opted_out.empty())
        return Verdict{VerdictKind::OptedOut, "", {{OptedOut, "", "", facts.opted_out}}};
    if (facts.gpus.empty() && !facts.offline)
        return Verdict{VerdictKind::Idle, "", {{NoGpu, "", "a GPU of vendor 10de", "none"}}};
    if (!facts.pin.value) {
        const bool malformed = !facts.pin.flaw.empty();
        return Verdict{VerdictKind::Blocked,
                       "",
                       {{malformed ? PinMalformed : PinMissing, facts.pin_path, "a driver version",
                         malformed ? facts.pin.flaw : "nothing"}}};
    }
    const Pin& pin = *facts.pin.value;
    if (facts.loaded &&
        (facts.loaded->version != pin.version || !same_kind(pin.kind, facts.loaded->kind)))
        return Verdict{
            VerdictKind::Blocked,
            "",
            {{OtherDriverLoaded, facts.loaded->srcversion,
              pin.version + " (" + std::string(to_text(pin.kind)) + ")", name_of(*facts.loaded)}}};
    if (facts.loaded && all_modules_live(facts)) return judge_loaded(facts);
    // Half of it is live and no bake is active: completing another's driver would mix two (V8).
    if (facts.loaded && facts.active.empty())
        return Verdict{VerdictKind::Blocked,
                       "",
                       {{OtherDriverLoaded, "", "a driver from a bake",
                         name_of(*facts.loaded) + " from elsewhere"}}};
    if (all_held_by_others(facts)) return Verdict{VerdictKind::Blocked, "", judge_bindings(facts)};
    if (auto disabled = judge_loading(facts))
        return Verdict{VerdictKind::Blocked, "", {std::move(*disabled)}};
    return std::nullopt;
}

Verdict judge(const Facts& facts) {
    auto machine = judge_machine(facts);
    Verdict verdict = machine ? std::move(*machine) : judge_bakes(facts);
    if (is_of_use(verdict.kind)) {
        auto missing = judge_companions(facts);
        if (!missing.empty()) verdict.kind = VerdictKind::Blocked;
        std::ranges::move(missing, std::back_inserter(verdict.reasons));
    }
    if (!facts.policy_flaw.empty())
        verdict.reasons.push_back({PolicyMalformed, "", "a valid policy", facts.policy_flaw});
    return verdict;
}

} // namespace gpuboot::decide
