// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's programs that a name alone runs, and what of these and of the stores gives rights to
// whoever runs it (S2-15).
#include <sys/stat.h>

#include <array>

#include "base/names.hpp"
#include "input/audit_parts.hpp"
#include "input/file_walk.hpp"
#include "input/search_path.hpp"

namespace gpuboot::input {

namespace {

using model::AuditClass;

constexpr std::array<std::string_view, 6> program_folders{
    "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin"};

bool gives_rights(const struct stat& status) {
    return S_ISREG(status.st_mode) && (status.st_mode & (S_ISUID | S_ISGID)) != 0;
}

std::string rights_of(const struct stat& status) {
    std::string mode;
    for (mode_t bits = status.st_mode & 07777; bits != 0; bits >>= 3U)
        mode.insert(mode.begin(), static_cast<char>('0' + (bits & 7U)));
    return "mode " + mode + ", of user " + std::to_string(status.st_uid) + " and group " +
           std::to_string(status.st_gid);
}

Result<void> audit_program(const Root& root, const std::string& folder, const std::string& name,
                           Findings& findings) {
    if (!name.starts_with("nvidia") && name != "nv-fabricmanager") return {};
    const std::string path = folder + "/" + name;
    const auto target = target_of(root, path);
    if (!target) return forward(target.error());
    if (!*target || !S_ISREG((*target)->st_mode)) return {};
    const struct stat& status = **target;
    if (gives_rights(status))
        findings.push_back(
            {AuditClass::Setuid, path, rights_of(status) + leading_to(root, path), ""});
    if ((status.st_mode & 0111) != 0)
        findings.push_back({AuditClass::Program, path, "on PATH" + leading_to(root, path), ""});
    return {};
}

} // namespace

Result<void> audit_programs(const Root& root, Findings& findings) {
    const auto folders = distinct_folders(root, program_folders);
    if (!folders) return forward(folders.error());
    for (const std::string& folder : *folders) {
        const auto names = names_in(root, folder);
        if (!names) return forward(names.error());
        for (const std::string& name : *names)
            if (auto looked = audit_program(root, folder, name, findings); !looked) return looked;
    }
    return {};
}

Result<void> audit_stores(const Root& root, Findings& findings) {
    for (const std::string_view store : {names::state_directory, names::vendor_store}) {
        auto walked = walk_files(
            root, std::string(store),
            [&](const std::string& path, const struct stat& status) -> Result<void> {
                if (gives_rights(status))
                    findings.push_back({AuditClass::Setuid, path, rights_of(status), ""});
                return {};
            });
        if (!walked) return walked;
    }
    return {};
}

} // namespace gpuboot::input
