// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/records.hpp"

#include <algorithm>

#include "decide/judge.hpp"
#include "decide/plan.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;

std::string path_of(const Record& record) { return path_of_record(file_of(record)); }

/// The machine went down with this load under way, as often as it may.
const Trial* deadly_trial(const Facts& facts) {
    const auto& trial = facts.records.trial;
    const bool deadly =
        trial && trial->boot_id != facts.records.boot_id && trial->tries >= deadly_tries;
    return deadly ? &*trial : nullptr;
}

bool of_this_kernel(const Facts& facts, const BadBake& bad) {
    return bad.kernel == facts.host.kernel;
}

/// A kernel that was built anew under the same name is another one.
bool holds(const Facts& facts, const BadBake& bad) {
    const std::string& build = facts.records.build;
    return of_this_kernel(facts, bad) && (bad.build.empty() || build.empty() || bad.build == build);
}

Reason marked(const std::string& bake, const std::string& why, const std::string& when) {
    return {ReasonCode::MarkedBad, bake, "a bake that works on this kernel",
            why + (when.empty() ? "" : " (" + when + ")")};
}

std::string why_deadly(const Trial& trial) {
    return "the machine went down " + std::to_string(trial.tries) + " times while loading it";
}

bool is_good(const Facts& facts, std::string_view bake) {
    return std::ranges::find(facts.records.good, bake, &GoodBake::bake) != facts.records.good.end();
}

bool is_newer(const Facts& facts, const Record& record) {
    return std::ranges::find(facts.records.newer, file_of(record)) != facts.records.newer.end();
}

void write(Plan& plan, const Facts& facts, Record record) {
    if (!is_newer(facts, record)) plan.push_back(WriteRecord{std::move(record)}); // F-146
}

void end_trial(Plan& plan, const Facts& facts, std::string_view bake) {
    const auto& trial = facts.records.trial;
    if (trial && trial->bake == bake) plan.push_back(Remove{path_of(*trial)});
}

BadBake mark(const Facts& facts, std::string bake, std::string why, const std::string& when) {
    return {std::move(bake), facts.host.kernel, facts.records.build, std::move(why), when};
}

} // namespace

std::vector<Reason> judge_records(const Facts& facts, std::string_view bake) {
    for (const BadBake& bad : facts.records.bad)
        if (bad.bake == bake && holds(facts, bad)) return {marked(bad.bake, bad.why, bad.when)};
    const Trial* trial = deadly_trial(facts);
    if (trial && trial->bake == bake && !is_good(facts, bake))
        return {marked(trial->bake, why_deadly(*trial), "")};
    return {};
}

std::vector<Reason> judge_all_records(const Facts& facts) {
    std::vector<Reason> reasons;
    for (const BadBake& bad : facts.records.bad)
        if (holds(facts, bad)) reasons.push_back(marked(bad.bake, bad.why, bad.when));
    return reasons;
}

Plan plan_trial(const Facts& facts, const std::string& bake) {
    Plan plan;
    if (is_good(facts, bake)) return plan;
    const Records& records = facts.records;
    int tries = 1;
    if (records.trial && records.trial->bake == bake) {
        if (records.trial->boot_id == records.boot_id) return plan; // noted in this boot
        tries = records.trial->tries + 1;
    }
    write(plan, facts, Trial{bake, records.boot_id, tries});
    return plan;
}

Plan plan_records(const Facts& facts, const std::string& when) {
    Plan plan;
    const Trial* trial = deadly_trial(facts);
    if (trial && !is_good(facts, trial->bake))
        write(plan, facts, mark(facts, trial->bake, why_deadly(*trial), when));
    // Only once the mark is on disk: a cut between the two must not forget the deaths.
    if (trial) plan.push_back(Remove{path_of(*trial)});
    for (const BadBake& bad : facts.records.bad)
        if (of_this_kernel(facts, bad) && !holds(facts, bad)) plan.push_back(Remove{path_of(bad)});
    for (const std::string& file : facts.records.broken)
        plan.push_back(Remove{path_of_record(file)});
    return plan;
}

Plan plan_refused(const Facts& facts, const std::string& bake, const std::string& when) {
    Plan plan;
    const auto fact = std::ranges::find(facts.bakes, bake, &BakeFact::id);
    if (fact == facts.bakes.end()) return plan;
    for (const Reason& reason : judge_bake(facts, *fact)) {
        // The kernel's other answers speak of the machine: its GPUs, its keys, its memory.
        if (reason.code == ReasonCode::LoadRefused)
            write(plan, facts,
                  mark(facts, bake, "the kernel refused " + reason.subject + ": " + reason.found,
                       when));
        if (reason.code == ReasonCode::GpuUnsupported)
            write(plan, facts, GoodBake{facts.host.kernel, bake}); // its init ran, and left again
    }
    end_trial(plan, facts, bake);
    return plan;
}

Plan plan_survived(const Facts& facts, const std::string& bake) {
    Plan plan;
    end_trial(plan, facts, bake);
    return plan;
}

Plan plan_good(const Facts& facts) {
    Plan plan;
    if (facts.active.empty()) return plan;
    end_trial(plan, facts, facts.active);
    const GoodBake good{facts.host.kernel, facts.active};
    if (std::ranges::find(facts.records.good, good) == facts.records.good.end())
        write(plan, facts, good);
    return plan;
}

std::string other_fit(const Facts& facts, std::string_view bake) {
    for (const BakeFact& other : facts.bakes)
        if (other.id != bake && judge_bake(facts, other).empty()) return other.id;
    return "";
}

Plan plan_failed(const Facts& facts, const std::string& why, const std::string& when) {
    Plan plan;
    if (facts.active.empty()) return plan;
    if (!is_good(facts, facts.active) && !other_fit(facts, facts.active).empty())
        plan.push_back(WriteRecord{mark(facts, facts.active, why, when)});
    end_trial(plan, facts, facts.active);
    return plan;
}

Plan plan_retire(const Facts& facts) {
    if (!facts.loaded || judge_records(facts, facts.active).empty()) return {};
    if (other_fit(facts, facts.active).empty()) return {};
    return plan_undo({}, facts.loaded->modules);
}

} // namespace gpuboot::decide
