// SPDX-License-Identifier: LGPL-2.1-or-later
// By what programs and containers reach a GPU: device nodes, the links of /dev/char to them, CDI
// specs.
#include <sys/stat.h>

#include <array>

#include "input/audit_parts.hpp"
#include "input/cdi.hpp"
#include "input/file_walk.hpp"
#include "input/search_path.hpp"

namespace gpuboot::input {

namespace {

using model::AuditClass;

// containerd, Docker and CRI-O read these; one may be a link to the other's.
constexpr std::array<std::string_view, 3> spec_folders{"/etc/cdi", "/run/cdi", "/var/run/cdi"};
constexpr std::size_t spec_limit = std::size_t{4} << 20;

void add_node(const std::string& path, const struct stat& status, Findings& findings) {
    if (S_ISCHR(status.st_mode)) findings.push_back({AuditClass::Node, path, "device node", ""});
}

Result<void> audit_links(const Root& root, Findings& findings) {
    const std::string folder = "/dev/char";
    const auto names = names_in(root, folder);
    if (!names) return forward(names.error());
    for (const std::string& name : *names) {
        const std::string path = folder + "/" + name;
        const auto target = root.read_link(path);
        if (!target || !target->contains("/nvidia") || !root.exists(path)) continue;
        findings.push_back({AuditClass::Node, path, "leads to " + *target, ""});
    }
    return {};
}

} // namespace

Result<void> audit_nodes(const Root& root, Findings& findings) {
    const auto names = names_in(root, "/dev");
    if (!names) return forward(names.error());
    for (const std::string& name : *names) {
        if (!name.starts_with("nvidia")) continue;
        const std::string path = "/dev/" + name;
        const auto status = root.status(path);
        if (!status) continue; // gone meanwhile
        add_node(path, *status, findings);
        if (!S_ISDIR(status->st_mode)) continue; // nvidia-caps has its nodes inside
        auto walked = walk_files(
            root, path, [&](const std::string& inner, const struct stat& inside) -> Result<void> {
                add_node(inner, inside, findings);
                return {};
            });
        if (!walked) return walked;
    }
    return audit_links(root, findings);
}

Result<void> audit_cdi(const Root& root, Findings& findings) {
    const auto folders = distinct_folders(root, spec_folders);
    if (!folders) return forward(folders.error());
    for (const std::string& folder : *folders) {
        const std::array<std::string_view, 1> one{folder};
        const auto files = effective_files(root, one);
        if (!files) return forward(files.error());
        for (const auto& [name, path] : *files) {
            if (is_own_file(name) || !(name.ends_with(".json") || name.ends_with(".yaml")))
                continue;
            const auto text = root.read_text(path, spec_limit);
            if (!text) return forward(text.error());
            const std::string kind = kind_of_spec(path, *text);
            if (kind.contains("nvidia"))
                findings.push_back({AuditClass::Cdi, path, "kind " + kind, ""});
            else if (kind.empty() && text->contains("nvidia"))
                findings.push_back(
                    {AuditClass::Cdi, path, "names nvidia, its kind is unclear", ""});
        }
    }
    return {};
}

} // namespace gpuboot::input
