// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "decide/foreign.hpp"
#include "decide/judge_admission.hpp"
#include "decide/judge_companions.hpp"
#include "decide/judge_compile.hpp"
#include "decide/records.hpp"
#include "decide/running.hpp"
#include "model/module_name.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

bool all_modules_live(const Facts& facts) {
    return std::ranges::all_of(facts.policy.modules, [&](const std::string& name) {
        return std::ranges::find(facts.loaded->modules, in_kernel_words(name)) !=
               facts.loaded->modules.end();
    });
}

/// These hold a GPU for a virtual machine, or for nobody: such a GPU is left alone for ever.
bool is_set_aside(const Gpu& gpu) {
    return gpu.driver == "vfio-pci" || gpu.driver == "pci-stub" || gpu.driver == "xen-pciback";
}

/// GPUs that something else than the driver holds, or nothing does.
std::vector<Reason> judge_bindings(const Facts& facts) {
    std::vector<Reason> reasons;
    for (const Gpu& gpu : facts.gpus) {
        if (gpu.driver == "nvidia") continue;
        if (gpu.driver.empty())
            reasons.push_back({GpuUnbound, gpu.address, "nvidia", "no driver"});
        else if (is_set_aside(gpu))
            reasons.push_back({GpuLeftAlone, gpu.address, "nvidia or no driver", gpu.driver});
        else
            reasons.push_back({GpuHeldByOther, gpu.address, "nvidia or no driver", gpu.driver});
    }
    return reasons;
}

bool all_set_aside(const Facts& facts) {
    return !facts.gpus.empty() && std::ranges::all_of(facts.gpus, is_set_aside);
}

/// Other drivers hold all GPUs.
std::optional<Verdict> judge_holders(const Facts& facts) {
    const auto held = [](const Gpu& gpu) { return !gpu.driver.empty() && gpu.driver != "nvidia"; };
    if (facts.gpus.empty() || !std::ranges::all_of(facts.gpus, held)) return std::nullopt;
    return Verdict{VerdictKind::Blocked, "", judge_bindings(facts)};
}

/// A bake is wanted: is there a GPU for it, and does this kernel load any module?
std::optional<Verdict> judge_means(const Facts& facts) {
    if (auto held = judge_holders(facts)) return held;
    if (auto disabled = judge_loading(facts))
        return Verdict{VerdictKind::Blocked, "", {std::move(*disabled)}};
    return std::nullopt;
}

Verdict judge_loaded(const Facts& facts) {
    const bool bound = std::ranges::find(facts.gpus, "nvidia", &Gpu::driver) != facts.gpus.end();
    auto reasons = judge_bindings(facts);
    std::ranges::move(judge_all_records(facts), std::back_inserter(reasons));
    return {bound ? VerdictKind::Ready : VerdictKind::Blocked, facts.active, std::move(reasons)};
}

/// A compile would end as this bake did.
constexpr std::array incurable{
    GpuUnsupported,   LoadForbidden,    LoadFailed,        ParameterRefused, ModuleBlacklisted,
    SignatureMissing, SignatureDamaged, SigningKeyUnknown, ModuleNotInBake,  GpuHeldByOther};

bool curable(const Reason& reason) {
    return std::ranges::find(incurable, reason.code) == incurable.end();
}

/// What policy loads and the pin does not have built: no compile brings it.
std::vector<Reason> judge_asked(const Facts& facts) {
    std::vector<Reason> reasons;
    const auto& asked = facts.pin.value->modules;
    for (const std::string& name : facts.policy.modules)
        if (!asked.empty() && std::ranges::find(asked, name) == asked.end())
            reasons.push_back({ModuleNotInBake, "a bake of this pin", name, "nothing"});
    return reasons;
}

/// No bake fits: is a compile what helps?
VerdictKind judge_cure(const Facts& facts, std::vector<Reason>& reasons) {
    if (!facts.store_flaw.empty()) {
        reasons.push_back({StoreUnreadable, "", "a readable store", facts.store_flaw});
        return VerdictKind::Blocked;
    }
    if (!std::ranges::all_of(reasons, curable)) return VerdictKind::Blocked;
    std::ranges::move(judge_asked(facts), std::back_inserter(reasons));
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

/// That a bake is out of use for good is worth knowing although another one fits.
std::vector<Reason> only_notes(std::vector<Reason> reasons) {
    std::erase_if(reasons, [](const Reason& r) { return r.code != MarkedBad; });
    return reasons;
}

Verdict judge_bakes(const Facts& facts) {
    Verdict verdict;
    bool fits_own = false;
    for (const BakeFact& bake : facts.bakes) {
        auto reasons = judge_bake(facts, bake);
        // What is live already decides: modules of two bakes never run together (V8).
        const bool goes_on = facts.loaded && !facts.active.empty() && verdict.bake == facts.active;
        // What others compiled is taken only where nothing of our own fits.
        const bool adopted = bake.marker.value && is_adopted(*bake.marker.value);
        const bool own_fits = adopted && fits_own;
        if (reasons.empty() && !goes_on && !own_fits) verdict.bake = bake.id;
        fits_own = fits_own || (reasons.empty() && !adopted);
        std::ranges::move(reasons, std::back_inserter(verdict.reasons));
    }
    if (!verdict.bake.empty())
        return {VerdictKind::Fast, verdict.bake, only_notes(std::move(verdict.reasons))};
    if (verdict.reasons.empty() && facts.store_flaw.empty())
        verdict.reasons.push_back({NoBake, "/var/lib/gpuboot/bakes", "a bake", "none"});
    verdict.kind = judge_cure(facts, verdict.reasons);
    return verdict;
}

/// Another driver runs: it goes when it can, else the machine stays as it is.
std::optional<Verdict> judge_other(const Facts& facts, const Reason& other) {
    if (facts.policy.replace_loaded == ReplaceLoaded::Never) {
        const bool of_pin = facts.loaded->version == facts.pin.value->version;
        // The operator wants what runs, and it is the pinned version: that is said, not refused.
        if (!of_pin || !all_modules_live(facts)) return Verdict{VerdictKind::Blocked, "", {other}};
        Verdict verdict = judge_loaded(facts);
        verdict.reasons.insert(verdict.reasons.begin(), other);
        return verdict;
    }
    auto reasons = judge_unload(facts);
    if (reasons.empty()) return judge_means(facts);
    reasons.insert(reasons.begin(), other);
    return Verdict{VerdictKind::Blocked, "", std::move(reasons)};
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
    if (all_set_aside(facts)) return Verdict{VerdictKind::Idle, "", judge_bindings(facts)};
    if (!facts.pin.value) {
        const bool malformed = !facts.pin.flaw.empty();
        return Verdict{VerdictKind::Blocked,
                       "",
                       {{malformed ? PinMalformed : PinMissing, facts.pin_path, "a driver version",
                         malformed ? facts.pin.flaw : "nothing"}}};
    }
    if (auto stuck = judge_states(facts); !stuck.empty())
        return Verdict{VerdictKind::Blocked, "", std::move(stuck)};
    if (const auto other = in_the_way(facts)) return judge_other(facts, *other);
    // Half of the active bake is live: it is completed.
    if (!facts.loaded || !all_modules_live(facts)) return judge_means(facts);
    // From elsewhere: only the bakes say whether it is the same driver.
    if (facts.active.empty() && facts.bakes.empty()) return std::nullopt;
    return judge_loaded(facts);
}

Verdict judge(const Facts& facts) {
    auto machine = judge_machine(facts);
    const auto other = in_the_way(facts);
    Verdict verdict;
    if (machine)
        verdict = std::move(*machine);
    else if (facts.loaded && !other && all_modules_live(facts))
        verdict = judge_loaded(facts);
    else
        verdict = judge_bakes(facts);
    // What runs goes on running until a bake is there that can take its place.
    if (!machine && other && verdict.kind != VerdictKind::Fast)
        verdict.reasons.insert(verdict.reasons.begin(), *other);
    if (is_of_use(verdict.kind)) {
        auto missing = judge_companions(facts, verdict);
        if (!missing.empty()) verdict.kind = VerdictKind::Blocked;
        std::ranges::move(missing, std::back_inserter(verdict.reasons));
    }
    if (verdict.kind != VerdictKind::Idle && verdict.kind != VerdictKind::OptedOut)
        std::ranges::move(judge_foreign(facts), std::back_inserter(verdict.reasons));
    if (!facts.policy_flaw.empty())
        verdict.reasons.push_back({PolicyMalformed, "", "a valid policy", facts.policy_flaw});
    return verdict;
}

} // namespace gpuboot::decide
