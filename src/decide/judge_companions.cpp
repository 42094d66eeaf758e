// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge_companions.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

/// The kernel part refuses every userspace but that of its own version ("API mismatch").
void judge_libraries(const Facts& facts, std::vector<Reason>& reasons) {
    const auto& libraries = facts.companions.libraries;
    const std::string& wanted = facts.pin.value->version;
    if (facts.policy.userspace == UserspaceRule::Ignore) return;
    if (libraries.empty() && facts.policy.userspace == UserspaceRule::Required)
        reasons.push_back(
            {UserspaceMissing, "", "libnvidia-ml.so.1 of " + wanted, "none on the loader's path"});
    for (const Library& library : libraries)
        if (!library.version.empty() && library.version != wanted)
            reasons.push_back({UserspaceVersion, library.path, wanted, library.version});
}

/// The open modules run no GPU without the GSP firmware of their version; the proprietary ones may.
bool needs_firmware(const Facts& facts) {
    return facts.pin.value->kind == Kind::Open && facts.policy.ready_test != ReadyTest::Bound &&
           !facts.loaded; // what is loaded has shown by now whether its GPUs open
}

} // namespace

std::vector<Reason> judge_companions(const Facts& facts) {
    std::vector<Reason> reasons;
    if (!facts.pin.value) return reasons;
    judge_libraries(facts, reasons);
    if (needs_firmware(facts) && !facts.companions.missing_firmware.empty())
        reasons.push_back({FirmwareMissing, facts.companions.missing_firmware, "the file",
                           "nothing on the firmware path"});
    return reasons;
}

} // namespace gpuboot::decide
