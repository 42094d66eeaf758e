// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <iterator>

#include "decide/judge.hpp"
#include "decide/judge_admission.hpp"
#include "decide/judge_module.hpp"
#include "decide/records.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

std::string file_of(const BakeFact& bake, const std::string& path) { return bake.id + "/" + path; }

std::vector<Reason> judge_marker(const BakeFact& bake) {
    if (!bake.unsafe.empty())
        return {{BakeUnsafe, bake.id, "owner root, writable by root alone", bake.unsafe}};
    if (bake.newer_format != 0)
        return {{MarkerNewer, bake.id, std::to_string(marker_format),
                 std::to_string(bake.newer_format)}};
    if (!bake.marker.flaw.empty())
        return {{MarkerMalformed, bake.id, "a valid marker", bake.marker.flaw}};
    if (!bake.marker.value) return {{MarkerMissing, bake.id, "marker.toml", "nothing"}};
    return {};
}

/// More modules than asked for are no flaw. For one that is missing a compile is the cure if it
/// asks for more than the bake's did.
void judge_modules(const Facts& facts, const BakeFact& bake, std::vector<Reason>& reasons) {
    const Marker& marker = *bake.marker.value;
    const auto& asked = facts.pin.value->modules;
    for (const std::string& name : asked)
        if (!module_of_file(marker, name))
            reasons.push_back({ModuleNotBaked, bake.id, name, "nothing"});
    for (const std::string& name : facts.policy.modules) {
        if (module_of_file(marker, name) || std::ranges::find(asked, name) != asked.end()) continue;
        const bool brings = asked.empty() && !marker.asked.empty();
        reasons.push_back({brings ? ModuleNotBaked : ModuleNotInBake, bake.id, name, "nothing"});
    }
}

void judge_target(const Facts& facts, const BakeFact& bake, std::vector<Reason>& reasons) {
    const Marker& marker = *bake.marker.value;
    const Pin& pin = *facts.pin.value;
    const auto compare = [&](ReasonCode code, std::string_view wanted, std::string_view found) {
        if (wanted != found)
            reasons.push_back({code, bake.id, std::string(wanted), std::string(found)});
    };
    compare(KernelDiffers, facts.host.kernel, marker.kernel);
    compare(VersionDiffers, pin.version, marker.driver_version);
    compare(KindDiffers, to_text(pin.kind), to_text(marker.kind));
    compare(ArchDiffers, facts.host.arch, marker.arch);
    if (!is_adopted(marker))
        compare(SourceDiffers, pin.source.sha256, marker.source_sha256);
    else if (!pin.accept_adopted)
        compare(SourceDiffers, pin.source.sha256, marker.source);
    const auto or_none = [](const std::string& sha256) { return sha256.empty() ? "none" : sha256; };
    compare(UserspaceDiffers, or_none(pin.userspace ? pin.userspace->sha256 : ""),
            or_none(marker.userspace_sha256));
    if (!reasons.empty()) return; // another driver's bake: a compile may well bring the module
    judge_modules(facts, bake, reasons);
}

void judge_file(const Facts& facts, const BakeFact& bake, const MarkerModule& wanted,
                const FileFact& found, std::vector<Reason>& reasons) {
    const std::string file = file_of(bake, found.path);
    if (!found.present)
        reasons.push_back({FileMissing, file, "a regular file", "nothing"});
    else if (!found.flaw.empty())
        reasons.push_back({FileUnreadable, file, "a module", found.flaw});
    else if (!found.unsafe.empty())
        reasons.push_back({BakeUnsafe, file, "owner root, writable by root alone", found.unsafe});
    else if (found.size != wanted.size)
        reasons.push_back(
            {FileSizeDiffers, file, std::to_string(wanted.size), std::to_string(found.size)});
    else if (found.sha256 != wanted.sha256)
        reasons.push_back({FileDigestDiffers, file, wanted.sha256, found.sha256});
    else if (auto reason = judge_module(facts, file, wanted, found))
        reasons.push_back(std::move(*reason));
}

std::string kind_of(const std::string& target) {
    return target.empty() ? "a regular file" : "a symlink to " + target;
}

void judge_cold(const BakeFact& bake, const BundledFile& wanted, const ColdFile& found,
                std::vector<Reason>& reasons) {
    const std::string file = file_of(bake, found.path);
    if (!found.present)
        reasons.push_back({FileMissing, file, kind_of(wanted.target), "nothing"});
    else if (!found.flaw.empty())
        reasons.push_back({FileUnreadable, file, kind_of(wanted.target), found.flaw});
    else if (found.target != wanted.target)
        reasons.push_back({FileKindDiffers, file, kind_of(wanted.target), kind_of(found.target)});
    else if (!found.unsafe.empty())
        reasons.push_back({BakeUnsafe, file, "owner root, writable by root alone", found.unsafe});
    else if (found.size != wanted.size)
        reasons.push_back(
            {FileSizeDiffers, file, std::to_string(wanted.size), std::to_string(found.size)});
}

} // namespace

std::vector<Reason> judge_bake(const Facts& facts, const BakeFact& bake) {
    auto reasons = judge_marker(bake);
    if (!reasons.empty() || !facts.pin.value) return reasons;
    judge_target(facts, bake, reasons);
    const bool of_pin = reasons.empty(); // else its load says nothing about what the pin wants
    const auto& modules = bake.marker.value->modules;
    for (std::size_t i = 0; i < std::min(bake.files.size(), modules.size()); ++i)
        judge_file(facts, bake, modules[i], bake.files[i], reasons);
    const auto& bundled = bake.marker.value->bundled;
    for (std::size_t i = 0; i < std::min(bake.cold.size(), bundled.size()); ++i)
        judge_cold(bake, bundled[i], bake.cold[i], reasons);
    for (const ColdRead& read : facts.records.cold)
        if (read.bake == bake.id && read.stamps == bake.stamps && !read.damaged.empty())
            reasons.push_back(
                {FileDigestDiffers, file_of(bake, read.damaged), read.wanted, read.found});
    if (reasons.empty()) reasons = judge_admission(facts, bake); // whole, and of this kernel
    for (const RefusedLoad& refused : facts.refused)
        if (of_pin && refused.bake == bake.id)
            reasons.push_back(judge_refusal(facts, bake, refused));
    // A mark of this very boot only repeats what the refusal says.
    if (of_pin &&
        std::ranges::find(facts.refused, bake.id, &RefusedLoad::bake) == facts.refused.end())
        std::ranges::move(judge_records(facts, bake.id), std::back_inserter(reasons));
    return reasons;
}

} // namespace gpuboot::decide
