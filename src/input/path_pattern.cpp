// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/path_pattern.hpp"

#include <fnmatch.h>

namespace gpuboot::input {

std::vector<std::string> matches(const Root& root, std::string_view pattern, Hidden hidden) {
    const int flags = hidden == Hidden::Too ? 0 : FNM_PERIOD;
    std::vector<std::string> paths{""};
    while (!pattern.empty()) {
        pattern.remove_prefix(1); // the slash
        const std::string name(pattern.substr(0, pattern.find('/')));
        pattern.remove_prefix(name.size());
        std::vector<std::string> longer;
        for (const std::string& path : paths) {
            if (!name.contains('*')) {
                longer.push_back(path + "/" + name);
                continue;
            }
            const auto entries = root.list(path.empty() ? "/" : path);
            if (!entries) continue;
            for (const std::string& entry : *entries)
                if (::fnmatch(name.c_str(), entry.c_str(), flags) == 0)
                    longer.push_back(path + "/" + entry);
        }
        paths = std::move(longer);
    }
    std::erase_if(paths, [&](const std::string& path) { return !root.status(path); });
    return paths;
}

} // namespace gpuboot::input
