// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/cdi_record.hpp"

#include "base/document.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

Array nodes_of(const std::vector<CdiNode>& nodes) {
    Array records;
    for (const CdiNode& node : nodes)
        records.emplace_back(Table{{"path", node.path},
                                   {"type", "c"},
                                   {"major", std::int64_t{node.major}},
                                   {"minor", std::int64_t{node.minor}},
                                   {"permissions", "rw"}});
    return records;
}

Array mounts_of(const std::vector<CdiMount>& mounts) {
    Array records;
    for (const CdiMount& mount : mounts)
        records.emplace_back(Table{{"hostPath", mount.host},
                                   {"containerPath", mount.container},
                                   {"options", Array{"ro", "nosuid", "nodev", "bind"}}});
    return records;
}

/// nvidia-ctk has the hooks as a subcommand, nvidia-cdi-hook is nothing else.
Array hooks_of(const CdiSpec& spec) {
    const std::string name = spec.hook.substr(spec.hook.rfind('/') + 1);
    Array words{name};
    if (name == "nvidia-ctk") words.emplace_back("hook");
    for (const std::string& word :
         {std::string("update-ldcache"), std::string("--folder"), spec.folder})
        words.emplace_back(word);
    return {
        Table{{"hookName", "createContainer"}, {"path", spec.hook}, {"args", std::move(words)}}};
}

Table common_edits(const CdiSpec& spec) {
    Table edits{{"deviceNodes", nodes_of(spec.nodes)}};
    if (!spec.mounts.empty()) edits.push_back({"mounts", mounts_of(spec.mounts)});
    if (!spec.hook.empty()) edits.push_back({"hooks", hooks_of(spec)});
    return edits;
}

} // namespace

std::string cdi_text(const CdiSpec& spec) {
    Array devices;
    for (const CdiDevice& device : spec.devices)
        devices.emplace_back(
            Table{{"name", device.name},
                  {"containerEdits", Table{{"deviceNodes", nodes_of(device.nodes)}}}});
    return to_json(Table{{"cdiVersion", cdi_version},
                         {"kind", cdi_kind},
                         {"devices", std::move(devices)},
                         {"containerEdits", common_edits(spec)}}) +
           "\n";
}

} // namespace gpuboot::report
