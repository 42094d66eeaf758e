// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/containerd_files.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>

#include "input/path_pattern.hpp"
#include "input/runtime_words.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t file_limit = std::size_t{1} << 20;
constexpr std::size_t most_files = 64, most_pending = 1024;

Result<ContainerdFile> read_file(const Root& root, const std::string& path) {
    auto text = root.read_text(path, file_limit);
    if (!text) return forward(std::move(text).error());
    auto node = parse_lenient_toml(*text, path);
    if (!node) return forward(std::move(node).error());
    return ContainerdFile{path, std::move(*text), std::move(*node)};
}

/// A name without "*" stands for itself, there or not.
std::vector<std::string> imported_by(const Root& root, const ContainerdFile& file) {
    std::vector<std::string> paths;
    for (const std::string& import : texts_in(file.node, "imports")) {
        std::string path = import_path(import, file.path);
        if (path.contains('*'))
            std::ranges::move(matches(root, path, Hidden::Too), std::back_inserter(paths));
        else
            paths.push_back(std::move(path));
    }
    return paths;
}

} // namespace

std::vector<std::string> texts_in(const Node& node, std::string_view key) {
    const Node* list = node.find(key);
    return list ? texts_of(*list) : std::vector<std::string>{};
}

std::int64_t version_in_file(const ContainerdFile& file) {
    const Node* version = file.node.find("version");
    const auto* number = version ? std::get_if<std::int64_t>(&version->value) : nullptr;
    return number ? *number : 0;
}

std::string import_path(std::string_view import, std::string_view file) {
    const auto folder = std::filesystem::path(file).parent_path();
    return (folder / import).lexically_normal();
}

Result<std::vector<ContainerdFile>> read_containerd_files(const Root& root) {
    std::vector<ContainerdFile> files;
    if (!root.exists(containerd_main_file))
        return std::vector{ContainerdFile{std::string(containerd_main_file), "", Table{}}};
    std::deque<std::string> pending{std::string(containerd_main_file)};
    while (!pending.empty()) {
        const std::string path = std::move(pending.front());
        pending.pop_front();
        if (std::ranges::find(files, path, &ContainerdFile::path) != files.end()) continue;
        auto file = read_file(root, path);
        if (!file) return forward(std::move(file).error());
        std::ranges::move(imported_by(root, *file), std::back_inserter(pending));
        files.push_back(std::move(*file));
        if (files.size() > most_files || pending.size() > most_pending)
            return fail(Errc::BadInput, path + ": imports: wanted no more than " +
                                            std::to_string(most_files) + " files in all");
    }
    return files;
}

} // namespace gpuboot::input
