// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/audit.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "base/names.hpp"
#include "input/audit_parts.hpp"
#include "input/file_entry.hpp"
#include "input/package_files.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

bool is_below(const std::string& path, std::string_view folder) {
    return path.starts_with(std::string(folder) + "/");
}

/// A database that is absent or broken keeps no finding back: whose it is stays unknown.
void own(const Root& root, Findings& findings) {
    if (findings.empty()) return;
    std::set<std::string> paths;
    for (const Finding& finding : findings)
        paths.insert(finding.path);
    const auto packages = read_package_owners(root, paths);
    for (Finding& finding : findings) {
        finding.owner = packages ? "nobody" : "unknown";
        if (is_below(finding.path, names::state_directory) ||
            is_below(finding.path, names::vendor_store))
            finding.owner = "gpuboot";
        else if (packages)
            if (const auto package = packages->find(merged(finding.path));
                package != packages->end())
                finding.owner = package->second;
    }
}

} // namespace

bool is_own_file(std::string_view name) {
    const auto word = name.find_first_not_of("0123456789-");
    return word != std::string_view::npos && name.substr(word).starts_with("gpuboot");
}

std::string leading_to(const Root& root, const std::string& path) {
    const auto target = root.read_link(path);
    return target && !target->empty() ? "; leads to " + *target : "";
}

Result<std::vector<Finding>> read_audit(const Root& root) {
    const bool activated = root.is_system() && root.exists(names::active_link);
    Findings findings;
    constexpr std::array parts{audit_programs,  audit_stores,        audit_modules,
                               audit_initramfs, audit_installations, audit_cdi,
                               audit_units,     audit_udev,          audit_modprobe};
    for (const auto part : parts)
        if (auto looked = part(root, findings); !looked) return forward(std::move(looked).error());
    if (auto looked = audit_libraries(root, activated, findings); !looked)
        return forward(std::move(looked).error());
    // Another tree's /dev is made anew by whoever starts it, and an active bake's driver needs its
    // nodes.
    if (root.is_system() && !activated)
        if (auto looked = audit_nodes(root, findings); !looked)
            return forward(std::move(looked).error());
    own(root, findings);
    std::ranges::sort(findings, {}, [](const Finding& finding) {
        return std::tie(finding.kind, finding.path, finding.detail);
    });
    return findings;
}

} // namespace gpuboot::input
