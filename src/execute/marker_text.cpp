// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/marker_text.hpp"

#include "base/document.hpp"

namespace gpuboot::execute {

namespace {

Node node_of(const model::MarkerModule& module) {
    Array depends(module.depends.begin(), module.depends.end());
    Table table{{"name", module.name},
                {"path", module.path},
                {"size", static_cast<std::int64_t>(module.size)},
                {"sha256", module.sha256}};
    if (!module.pieces_sha256.empty()) table.push_back({"pieces_sha256", module.pieces_sha256});
    table.push_back({"vermagic", module.vermagic});
    if (!module.srcversion.empty()) table.push_back({"srcversion", module.srcversion});
    table.push_back({"depends", std::move(depends)});
    return table;
}

Node node_of(const model::BundledFile& file) {
    if (!file.target.empty()) return Table{{"path", file.path}, {"target", file.target}};
    Table table{{"path", file.path},
                {"size", static_cast<std::int64_t>(file.size)},
                {"sha256", file.sha256}};
    if (!file.soname.empty()) table.push_back({"soname", file.soname});
    return table;
}

} // namespace

std::string marker_text(const model::Marker& marker) {
    Array modules, bundled;
    for (const model::MarkerModule& module : marker.modules)
        modules.push_back(node_of(module));
    for (const model::BundledFile& file : marker.bundled)
        bundled.push_back(node_of(file));
    Table table{{"format", format_of(marker)},
                {"id", marker.id},
                {"driver_version", marker.driver_version},
                {"kind", to_text(marker.kind)},
                {"kernel", marker.kernel},
                {"arch", marker.arch},
                {"source", marker.source},
                {"source_sha256", marker.source_sha256},
                {"kernel_config_sha256", marker.kernel_config_sha256},
                {"compiler", marker.compiler},
                {"made_by", marker.made_by}};
    if (!marker.userspace_sha256.empty())
        table.push_back({"userspace_sha256", marker.userspace_sha256});
    if (!marker.asked.empty())
        table.push_back({"asked", Array(marker.asked.begin(), marker.asked.end())});
    table.push_back({"module", std::move(modules)});
    if (!bundled.empty()) table.push_back({"file", std::move(bundled)});
    return "# What makes this folder a bake. Written last, never changed.\n" +
           to_toml(std::move(table));
}

} // namespace gpuboot::execute
