// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/marker.hpp"

#include <algorithm>
#include <vector>

#include "base/compression.hpp"

namespace gpuboot::model {

namespace {

constexpr std::size_t longest_path = 1000;

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           std::ranges::none_of(name, [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
           });
}

} // namespace

int format_of(const Marker& marker) {
    return marker.userspace_sha256.empty() && marker.asked.empty() ? 1 : 2;
}

std::set<std::string> folders_in(const std::vector<BundledFile>& files) {
    std::set<std::string> folders;
    for (const BundledFile& file : files)
        for (auto slash = file.path.find('/'); slash != std::string::npos;
             slash = file.path.find('/', slash + 1))
            folders.insert(file.path.substr(0, slash));
    return folders;
}

std::vector<std::string> libraries_of(const Marker& marker) {
    std::vector<std::string> names;
    for (const BundledFile& file : marker.bundled)
        if (!file.soname.empty()) names.push_back(file.soname);
    std::ranges::sort(names);
    const auto doubled = std::ranges::unique(names);
    names.erase(doubled.begin(), doubled.end());
    return names;
}

bool is_bundled_path(std::string_view path) {
    const auto parts = parts_of(path);
    return path.size() <= longest_path && parts.size() > 1 &&
           std::ranges::find(bundle_folders, parts.front()) != bundle_folders.end() &&
           std::ranges::all_of(parts, is_plain_name);
}

bool is_inner_target(std::string_view path, std::string_view target) {
    const auto from = parts_of(path);
    const auto to = parts_of(target);
    const auto name = std::ranges::find_if(to, [](std::string_view part) { return part != ".."; });
    const auto up = static_cast<std::size_t>(name - to.begin());
    // lib/a/link may go up once, lib/link not at all.
    return target.size() <= longest_path && up + 2 <= from.size() && name != to.end() &&
           std::all_of(name, to.end(), is_plain_name);
}

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
