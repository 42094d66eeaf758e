// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/marker.hpp"

#include <algorithm>

#include "base/compression.hpp"

namespace gpuboot::model {

std::optional<std::string_view> module_file_of(std::string_view path) {
    constexpr std::string_view folder = "modules/", ending = ".ko";
    path.remove_suffix(suffix_of(compression_of_file(path)).size());
    if (!path.starts_with(folder) || !path.ends_with(ending)) return std::nullopt;
    path.remove_prefix(folder.size());
    path.remove_suffix(std::min(ending.size(), path.size()));
    if (!is_source_name(path)) return std::nullopt;
    return path;
}

const MarkerModule* module_of_file(const Marker& marker, std::string_view name) {
    const auto found = std::ranges::find_if(marker.modules, [&](const MarkerModule& module) {
        return module_file_of(module.path) == name;
    });
    return found == marker.modules.end() ? nullptr : &*found;
}

} // namespace gpuboot::model
