// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge_companions.hpp"

#include <algorithm>

#include "decide/bundle.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

/// The kernel part refuses every userspace but that of its own version ("API mismatch").
void judge_installed(const Facts& facts, std::vector<Reason>& reasons) {
    const auto& libraries = facts.companions.libraries;
    const std::string& wanted = facts.pin.value->version;
    if (libraries.empty() && facts.policy.userspace == UserspaceRule::Required)
        reasons.push_back(
            {UserspaceMissing, "", "libnvidia-ml.so.1 of " + wanted, "none on the loader's path"});
    for (const Library& library : libraries)
        if (!library.version.empty() && library.version != wanted)
            reasons.push_back({UserspaceVersion, library.path, wanted, library.version});
}

/// What the active bake bundles is of the right version; does the loader find it?
void judge_bundled(const Facts& facts, std::vector<Reason>& reasons) {
    for (const std::string_view name : {"libnvidia-ml.so.1", "libcuda.so.1"}) {
        if (std::ranges::find(facts.active_libraries, name) == facts.active_libraries.end())
            continue;
        const auto& libraries = facts.companions.libraries;
        const auto library = std::ranges::find(libraries, name, &Library::name);
        const std::string found = library == libraries.end() ? "nothing" : library->path;
        const std::string folder = std::string(active_lib_folder) + "/";
        if (!found.starts_with(folder))
            reasons.push_back(
                {UserspaceElsewhere, std::string(name), folder + std::string(name), found});
    }
}

void judge_libraries(const Facts& facts, const Verdict& verdict, std::vector<Reason>& reasons) {
    if (facts.policy.userspace == UserspaceRule::Ignore) return;
    if (verdict.kind == VerdictKind::Ready && !facts.active_libraries.empty()) {
        if (!facts.loader_pending) judge_bundled(facts, reasons);
    } else if (!brings_libraries(facts, verdict))
        judge_installed(facts, reasons);
}

/// The open modules run no GPU without the GSP firmware of their version; the proprietary ones may.
bool needs_firmware(const Facts& facts) {
    return facts.pin.value->kind == Kind::Open && facts.policy.ready_test != ReadyTest::Bound &&
           !facts.loaded; // what is loaded has shown by now whether its GPUs open
}

void judge_firmware(const Facts& facts, const Verdict& verdict, std::vector<Reason>& reasons) {
    const Companions& companions = facts.companions;
    if (!needs_firmware(facts) || companions.missing_firmware.empty()) return;
    if (!brings_firmware(facts, verdict))
        reasons.push_back({FirmwareMissing, companions.missing_firmware, "the file",
                           "nothing on the firmware path"});
    else if (!companions.firmware_path.empty() &&
             companions.firmware_path != active_firmware_folder)
        reasons.push_back({FirmwarePathTaken, companions.missing_firmware,
                           std::string(active_firmware_folder), companions.firmware_path});
}

} // namespace

std::vector<Reason> judge_companions(const Facts& facts, const Verdict& verdict) {
    std::vector<Reason> reasons;
    if (!facts.pin.value) return reasons;
    judge_libraries(facts, verdict, reasons);
    judge_firmware(facts, verdict, reasons);
    return reasons;
}

} // namespace gpuboot::decide
