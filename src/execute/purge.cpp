// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/purge.hpp"

#include "base/names.hpp"
#include "execute/commit.hpp"

namespace gpuboot::execute {

namespace {

constexpr int deepest = 16;

/// No bake of ours has any; what lies in the folder may have come another way.
void find_setuid(const Root& root, const std::string& directory, int depth,
                 std::vector<std::string>& found) {
    const auto names = root.list(directory);
    if (!names || depth == deepest) return;
    for (const std::string& name : *names) {
        const std::string path = directory + "/" + name;
        const auto status = root.status(path);
        if (!status) continue;
        if (S_ISDIR(status->st_mode)) find_setuid(root, path, depth + 1, found);
        if (S_ISREG(status->st_mode) && (status->st_mode & (S_ISUID | S_ISGID)) != 0)
            found.push_back(path);
    }
}

} // namespace

Result<std::string> hide(Effects& effects, const std::string& path, const std::string& id) {
    const std::string beginning =
        std::string(names::store) + "/" + std::string(names::deleted_prefix) + id + "-";
    for (int number = 0; number < 1000; ++number) {
        std::string hidden = beginning + std::to_string(number);
        auto renamed = effects.rename_to_new(path, hidden);
        if (!renamed && renamed.error().sys == EEXIST) continue;
        if (renamed) renamed = effects.sync_directory(names::store);
        if (!renamed) return forward(std::move(renamed).error());
        return hidden;
    }
    return fail(Errc::Io, "too many leftovers in " + std::string(names::store));
}

Result<void> discard(const Root& root, Effects& effects, const std::string& hidden) {
    std::vector<std::string> setuid;
    find_setuid(root, hidden, 0, setuid);
    for (const std::string& path : setuid)
        if (auto removed = effects.remove(path); !removed) return removed;
    if (auto removed = effects.remove_tree(hidden + "/modules"); !removed) return removed;
    return effects.remove_tree(hidden);
}

Result<void> purge_bake(const Root& root, Effects& effects, const std::string& id) {
    auto hidden = hide(effects, bake_path(id), id);
    if (!hidden) return forward(std::move(hidden).error());
    if (auto discarded = discard(root, effects, *hidden); !discarded) return discarded;
    return effects.sync_directory(names::store);
}

} // namespace gpuboot::execute
