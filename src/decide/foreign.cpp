// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/foreign.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

std::string describe(const Foreign& foreign) {
    if (foreign.version.empty() && !foreign.detail.empty()) return foreign.detail;
    const std::string text = foreign.version.empty() ? "a driver" : "driver " + foreign.version;
    return foreign.detail.empty() ? text : text + ", " + foreign.detail;
}

} // namespace

std::vector<Reason> judge_foreign(const Facts& facts) {
    std::vector<Reason> reasons;
    for (const Foreign& foreign : facts.foreign)
        if (foreign.flaw.empty())
            reasons.push_back({ForeignDriver, foreign.path, "nothing", describe(foreign)});
        else
            reasons.push_back({ForeignMalformed, foreign.path, "nothing", foreign.flaw});
    return reasons;
}

} // namespace gpuboot::decide
