// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/bundle.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

using namespace model;

bool holds_firmware(const Marker& marker) {
    const std::string folder = "firmware/nvidia/" + marker.driver_version + "/gsp_";
    return std::ranges::any_of(
        marker.bundled, [&](const BundledFile& file) { return file.path.starts_with(folder); });
}

const Marker* marker_of(const Facts& facts, const Verdict& verdict) {
    const auto bake = std::ranges::find(facts.bakes, verdict.bake, &BakeFact::id);
    return bake == facts.bakes.end() || !bake->marker.value ? nullptr : &*bake->marker.value;
}

/// A rebuild bundles what the pin says, and what that holds is only known when it has.
bool will_tell(const Facts& facts, const Verdict& verdict) {
    return verdict.kind == VerdictKind::Rebuild && facts.pin.value->userspace;
}

} // namespace

bool brings_libraries(const Facts& facts, const Verdict& verdict) {
    const Marker* marker = marker_of(facts, verdict);
    return will_tell(facts, verdict) || (marker && !libraries_of(*marker).empty());
}

bool brings_firmware(const Facts& facts, const Verdict& verdict) {
    const Marker* marker = marker_of(facts, verdict);
    return will_tell(facts, verdict) || (marker && holds_firmware(*marker));
}

Plan plan_firmware(const Facts& facts, const Marker& marker) {
    const Companions& companions = facts.companions;
    if (companions.missing_firmware.empty() || !companions.firmware_path.empty()) return {};
    if (!holds_firmware(marker)) return {};
    return {SetFirmwarePath{std::string(active_firmware_folder)}};
}

Plan plan_loader(const Facts& facts, const std::vector<std::string>& libraries) {
    if (facts.loader_pending || facts.companions.cached == libraries) return {};
    return {RequestLoader{}};
}

} // namespace gpuboot::decide
