// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/search_path.hpp"

#include <fcntl.h>

#include <set>
#include <utility>

namespace gpuboot::input {

namespace {

constexpr std::size_t most_names = 65'536;

} // namespace

Result<std::vector<std::string>> names_in(const Root& root, const std::string& folder) {
    auto names = root.list(folder, most_names);
    if (!names && names.error().code == Errc::NotFound) return std::vector<std::string>{};
    return names;
}

Result<std::optional<struct stat>> target_of(const Root& root, const std::string& path) {
    auto fd = root.open_at(path, O_PATH);
    if (!fd && (fd.error().code == Errc::NotFound || fd.error().sys == ELOOP)) return std::nullopt;
    if (!fd) return forward(std::move(fd).error());
    struct stat status{};
    if (::fstat(fd->get(), &status) != 0) return fail_errno(path);
    return status;
}

Result<bool> leads_to_file(const Root& root, const std::string& path) {
    const auto target = target_of(root, path);
    if (!target) return forward(target.error());
    return *target && S_ISREG((*target)->st_mode);
}

Result<std::vector<std::string>> distinct_folders(const Root& root,
                                                  std::span<const std::string_view> folders) {
    std::vector<std::string> distinct;
    std::set<std::pair<dev_t, ino_t>> seen;
    for (const std::string_view folder : folders) {
        const auto target = target_of(root, std::string(folder));
        if (!target) return forward(target.error());
        if (!*target || !S_ISDIR((*target)->st_mode)) continue;
        if (seen.insert({(*target)->st_dev, (*target)->st_ino}).second)
            distinct.emplace_back(folder);
    }
    return distinct;
}

Result<std::map<std::string, std::string>>
effective_files(const Root& root, std::span<const std::string_view> folders) {
    const auto distinct = distinct_folders(root, folders);
    if (!distinct) return forward(distinct.error());
    std::map<std::string, std::string> files; // to "" what is hidden
    for (const std::string& folder : *distinct) {
        const auto names = names_in(root, folder);
        if (!names) return forward(names.error());
        for (const std::string& name : *names) {
            if (files.contains(name)) continue;
            const std::string path = folder + "/" + name;
            const auto file = leads_to_file(root, path);
            if (!file) return forward(file.error());
            if (*file)
                files[name] = path;
            else if (root.read_link(path).value_or("").ends_with("/dev/null"))
                files[name] = "";
        }
    }
    std::erase_if(files, [](const auto& file) { return file.second.empty(); });
    return files;
}

} // namespace gpuboot::input
