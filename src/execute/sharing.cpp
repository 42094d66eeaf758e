// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/sharing.hpp"

#include <cerrno>

#include "base/names.hpp"

namespace gpuboot::execute {

namespace {

std::vector<std::string> bakes_beside(const Root& root) {
    std::vector<std::string> bakes;
    for (const std::string& name : root.list(names::store).value_or(std::vector<std::string>{}))
        if (!name.starts_with('.')) bakes.push_back(std::string(names::store) + "/" + name);
    return bakes;
}

/// Of a file; -1 for all else.
off_t size_of(const Root& root, const std::string& path) {
    const auto status = root.status(path);
    return status && S_ISREG(status->st_mode) ? status->st_size : -1;
}

} // namespace

void share_with_others(const Root& root, Effects& effects, const std::string& folder,
                       const std::vector<std::string>& files) {
    const auto bakes = bakes_beside(root);
    for (const std::string& file : files) {
        std::string path = folder + "/" + file;
        const off_t size = size_of(root, path);
        for (const std::string& bake : bakes) {
            std::string other = bake + "/" + file;
            if (size <= 0 || size_of(root, other) != size) continue;
            const auto shared = effects.share_blocks(path, other);
            if (shared) break;
            if (shared.error().sys == EOPNOTSUPP) return;
        }
    }
}

} // namespace gpuboot::execute
