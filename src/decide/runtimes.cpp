// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/runtimes.hpp"

#include <algorithm>
#include <string_view>

#include "decide/devices.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

struct Release {
    int major = 0, minor = 0;
    auto operator<=>(const Release&) const = default;
};

/// Since when a runtime has CDI at all, and since when without being told
/// (containerd's RELEASES.md, Docker's release notes 25.0 and 28.2).
struct Support {
    std::string_view name, unit;
    Release offered, by_itself;
};
constexpr Support supports[] = {{"containerd", "containerd.service", {1, 7}, {2, 0}},
                                {"docker", "docker.service", {25, 0}, {28, 2}},
                                {"crio", "crio.service", {0, 0}, {0, 0}}};

const Support& support_of(const RuntimeFacts& facts) {
    return *std::ranges::find(supports, facts.name, &Support::name);
}

/// The digits there, which it takes away.
int take_number(std::string_view& text) {
    int number = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && number < 1'000'000) {
        number = number * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    return number;
}

/// {0, 0} of a version that is not known.
Release release_of(std::string_view version) {
    Release release{take_number(version), 0};
    if (version.starts_with('.')) {
        version.remove_prefix(1);
        release.minor = take_number(version);
    }
    return release;
}

std::string to_text(const Release& release) {
    return std::to_string(release.major) + "." + std::to_string(release.minor);
}

bool looks_here(const RuntimeFacts& facts) {
    return !facts.folders || std::ranges::any_of(*facts.folders, [](const std::string& path) {
        return path == "/var/run/cdi" || path == "/run/cdi";
    });
}

bool is_on(const RuntimeFacts& facts) {
    return facts.cdi.value_or(!facts.version.empty() &&
                              release_of(facts.version) >= support_of(facts).by_itself);
}

/// Whatever its configuration says of a key that it does not know.
bool is_too_old(const RuntimeFacts& facts) {
    return !facts.version.empty() && release_of(facts.version) < support_of(facts).offered;
}

/// A version that is not known is not configured: a key that it does not know could stop it.
bool can_be_switched_on(const RuntimeFacts& facts) {
    return !facts.version.empty() && !is_too_old(facts) && !facts.with_cdi.empty();
}

/// Only CRI-O takes a folder from a file of ours without losing what another file says. An operator
/// who lists none wants none.
bool can_be_shown(const RuntimeFacts& facts) {
    return facts.name == "crio" && !facts.with_cdi.empty() && facts.folders &&
           !facts.folders->empty();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

} // namespace

std::vector<Reason> judge_runtimes(const std::vector<RuntimeFacts>& runtimes) {
    std::vector<Reason> reasons;
    for (const RuntimeFacts& facts : runtimes) {
        if (is_too_old(facts)) {
            if (!facts.nvidia)
                reasons.push_back({RuntimeTooOld, facts.name,
                                   to_text(support_of(facts).offered) + " or newer",
                                   facts.version});
        } else if (!facts.flaw.empty())
            reasons.push_back(
                {RuntimeUnread, facts.name, "a configuration that can be read", facts.flaw});
        else if (facts.cdi == false)
            reasons.push_back({RuntimeRefusesCdi, facts.name, "CDI switched on",
                               "switched off in " + facts.said_in});
        else if (!looks_here(facts) && !can_be_shown(facts))
            reasons.push_back({RuntimeRefusesCdi, facts.name, "specs read from /var/run/cdi",
                               (facts.folders->empty() ? "none" : joined(*facts.folders)) + " in " +
                                   facts.said_in});
        else if (!is_on(facts) && !can_be_switched_on(facts))
            reasons.push_back({RuntimeRefusesCdi, facts.name, "CDI switched on",
                               facts.version.empty()
                                   ? "a version that it does not tell"
                                   : "a table that is not written plainly in " + facts.said_in});
    }
    return reasons;
}

std::vector<Reason> judge_configured(const Plan& plan, const std::vector<StepReport>& done) {
    std::vector<Reason> reasons;
    for (std::size_t at = 0; at < plan.size() && at < done.size(); ++at)
        if (done[at].outcome == Outcome::Failed &&
            std::holds_alternative<ConfigureRuntime>(plan[at]))
            reasons.push_back(reason_of(plan[at], done[at].error));
    return reasons;
}

Plan plan_runtimes(const std::vector<RuntimeFacts>& runtimes) {
    Plan steps;
    for (const RuntimeFacts& facts : runtimes) {
        if (!facts.flaw.empty()) continue;
        const bool wanted =
            facts.cdi != false && !is_too_old(facts) &&
            (looks_here(facts) ? !is_on(facts) && can_be_switched_on(facts) : can_be_shown(facts));
        // Our own file must not have the last word over one that somebody wrote since.
        const auto& files = wanted ? facts.with_cdi : facts.uncovered;
        if (!files.empty())
            steps.push_back(
                ConfigureRuntime{facts.name, files, std::string(support_of(facts).unit)});
    }
    return steps;
}

} // namespace gpuboot::decide
