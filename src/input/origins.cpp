// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/origins.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "input/modinfo.hpp"
#include "input/module_files.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t module_limit = std::size_t{1} << 30;

bool only_root_writes(const struct stat& status) {
    return status.st_uid == 0 && (status.st_mode & 022) == 0;
}

class Search {
  public:
    Search(const Root& root, const Facts& facts, Images& images)
        : root_(root), facts_(facts), images_(images) {}

    /// A file counts when it says the name and srcversion of a module that runs.
    void look(const std::string& path) {
        auto fd = root_.open_at(path, O_RDONLY | O_NOFOLLOW);
        if (!fd) return;
        auto status = require_regular(fd->get(), path);
        if (!status || !only_root_writes(*status)) return;
        auto info = read_modinfo(fd->get(), path);
        if (!info || !is_missing(*info)) return;
        auto bytes = read_rest(fd->get(), module_limit);
        if (!bytes) return;
        ModuleOrigin origin{info->name, path, info->srcversion, sha256_hex(*bytes)};
        images_.insert_or_assign(origin.sha256, std::move(*bytes));
        found.push_back(std::move(origin));
    }

    std::vector<ModuleOrigin> found;

  private:
    bool is_missing(const ModInfo& info) const {
        const auto runs = [&](const RunningModule& module) {
            return module.name == info.name && module.srcversion == info.srcversion;
        };
        return std::ranges::any_of(facts_.running.modules, runs) &&
               std::ranges::find(found, info.name, &ModuleOrigin::name) == found.end();
    }

    const Root& root_;
    const Facts& facts_;
    Images& images_;
};

} // namespace

std::vector<ModuleOrigin> read_origins(const Root& root, const Facts& facts, Images& images) {
    Search search(root, facts, images);
    const std::string active = std::string(names::active_link) + "/modules";
    const auto own = root.list(active);
    for (const std::string& name : own ? *own : std::vector<std::string>{})
        search.look(active + "/" + name);
    for (const ModuleFolder& folder : find_module_files(root, facts.host.kernel))
        for (const std::string& file : folder.files)
            if (file.ends_with(".ko")) // what is compressed would have to be unpacked first
                search.look(folder.path + "/" + file);
    return std::move(search.found);
}

} // namespace gpuboot::input
