// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/file_walk.hpp"

#include <vector>

#include "input/search_path.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t most_names = 1'000'000;
constexpr int deepest = 32;

struct Folder {
    std::string path;
    int depth;
};

} // namespace

Result<void> walk_files(
    const Root& root, const std::string& folder,
    const std::function<Result<void>(const std::string& path, const struct stat& status)>& see) {
    std::vector<Folder> waiting{{folder, 0}};
    std::size_t seen = 0;
    while (!waiting.empty()) {
        const Folder next = std::move(waiting.back());
        waiting.pop_back();
        const auto names = names_in(root, next.path);
        if (!names) return forward(names.error());
        seen += names->size();
        if (seen > most_names || next.depth > deepest)
            return fail(Errc::BadInput, folder + ": too many files, or too deep, to look at all");
        for (const std::string& name : *names) {
            const std::string path = next.path + "/" + name;
            const auto status = root.status(path);
            if (!status && status.error().code == Errc::NotFound) continue; // gone meanwhile
            if (!status) return forward(status.error());
            if (S_ISDIR(status->st_mode))
                waiting.push_back({path, next.depth + 1});
            else if (auto taken = see(path, *status); !taken)
                return taken;
        }
    }
    return {};
}

} // namespace gpuboot::input
