// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/module_files.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "model/module_name.hpp"

namespace gpuboot::input {

namespace {

constexpr int deepest = 3;                 // updates/dkms, extra/nvidia
constexpr std::size_t most_folders = 256;  // a tree with more is nobody's installer's
constexpr std::size_t most_entries = 4096; // of one folder

// DKMS, distributions and NVIDIA's installer; the last ones are large, so only their own level.
constexpr std::array deep_folders{"updates", "extra", "weak-updates", "kernel/nvidia"};
constexpr std::array flat_folders{"", "kernel/drivers/video", "kernel/drivers/char/drm"};

class Search {
  public:
    explicit Search(const Root& root) : root_(root) {}

    void look(const std::string& path, int depth) {
        auto status = root_.status(path);
        if (!status || !S_ISDIR(status->st_mode) || ++seen_ > most_folders) return;
        auto names = root_.list(path, most_entries);
        if (!names) return;
        ModuleFolder folder{path, {}};
        for (const std::string& name : *names) {
            if (is_driver_file(name)) folder.files.push_back(name);
            if (depth > 0) look(path + "/" + name, depth - 1);
        }
        if (!folder.files.empty()) found.push_back(std::move(folder));
    }

    std::vector<ModuleFolder> found;

  private:
    const Root& root_;
    std::size_t seen_ = 0;
};

} // namespace

bool is_driver_module(const std::string& name) {
    const std::string known = model::in_kernel_words(name);
    return known.starts_with("nvidia") && known != "nvidiafb" && known != "nvidia_wmi_ec_backlight";
}

bool is_driver_file(const std::string& name) {
    constexpr std::array<std::string_view, 4> endings{".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
    return std::ranges::any_of(endings, [&](std::string_view end) {
        return name.ends_with(end) && is_driver_module(name.substr(0, name.size() - end.size()));
    });
}

std::vector<ModuleFolder> find_module_files(const Root& root, const std::string& kernel) {
    const std::string tree = "/lib/modules/" + kernel;
    Search search(root);
    for (const char* name : flat_folders)
        search.look(*name == '\0' ? tree : tree + "/" + name, 0);
    for (const char* name : deep_folders)
        search.look(tree + "/" + name, deepest - 1);
    std::ranges::sort(search.found, {}, &ModuleFolder::path);
    return std::move(search.found);
}

} // namespace gpuboot::input
