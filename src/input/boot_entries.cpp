// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/boot_entries.hpp"

#include <algorithm>

#include "input/grub_menu.hpp"
#include "input/loader_conf.hpp"
#include "model/pin.hpp"
#include "model/printable.hpp"
#include "model/version_order.hpp"

namespace gpuboot::input {

namespace {

using model::BootEntry;

constexpr std::size_t entry_limit = std::size_t{64} << 10;

/// Such a name would be a pattern, or worse, where it is the default.
bool is_clean(std::string_view name) {
    return name.size() < 256 && name == model::printable(name) &&
           name.find_first_of("*?[]\\ ") == std::string_view::npos;
}

/// Without what counts the tries of a boot: "x+3-1.conf" is "x.conf".
std::string without_tries(const std::string& name, std::string_view end) {
    std::string stem = name.substr(0, name.size() - end.size());
    const auto plus = stem.rfind('+');
    const bool counted = plus != std::string::npos && plus + 1 < stem.size() &&
                         stem.find_first_not_of("0123456789-", plus + 1) == std::string::npos;
    if (counted) stem.erase(plus);
    return stem;
}

std::string kernel_in(std::string_view text) {
    std::string version = loader_value(text, "version");
    if (model::is_kernel_release(version)) return version;
    return kernel_of_image(loader_value(text, "linux"));
}

/// Of an image only the name tells the kernel: TOKEN-RELEASE.efi, as kernel-install(8) calls it.
std::string kernel_in_name(const Root& root, const std::string& stem) {
    for (auto dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1)) {
        const std::string release = stem.substr(dash + 1);
        if (model::is_kernel_release(release) && root.exists("/lib/modules/" + release))
            return release;
    }
    return "";
}

void add_texts(const Root& root, const std::string& folder, std::vector<BootEntry>& entries) {
    const auto names = root.list(folder);
    if (!names) return;
    for (const std::string& name : *names) {
        if (!name.ends_with(".conf") || name.starts_with('.') || !is_clean(name)) continue;
        const auto text = root.read_text(folder + "/" + name, entry_limit);
        const std::string kernel = text ? kernel_in(*text) : "";
        if (!kernel.empty()) entries.push_back({kernel, without_tries(name, ".conf") + ".conf"});
    }
}

void add_images(const Root& root, const std::string& folder, std::vector<BootEntry>& entries) {
    const auto names = root.list(folder);
    if (!names) return;
    for (const std::string& name : *names) {
        if (!name.ends_with(".efi") || !is_clean(name)) continue;
        const std::string stem = without_tries(name, ".efi");
        const std::string kernel = kernel_in_name(root, stem);
        if (!kernel.empty()) entries.push_back({kernel, stem + ".efi"});
    }
}

std::vector<BootEntry> first_of_each(std::vector<BootEntry> entries) {
    std::ranges::sort(entries, [](const BootEntry& a, const BootEntry& b) {
        const int order = model::compare_versions(a.kernel, b.kernel);
        return order != 0 ? order > 0 : model::compare_versions(a.id, b.id) > 0;
    });
    const auto same = [](const BootEntry& a, const BootEntry& b) { return a.kernel == b.kernel; };
    const auto rest = std::ranges::unique(entries, same);
    entries.erase(rest.begin(), rest.end());
    return entries;
}

} // namespace

std::vector<BootEntry> read_boot_entries(const Root& root,
                                         const std::vector<std::string>& folders) {
    std::vector<BootEntry> entries;
    for (const std::string& folder : folders) {
        add_texts(root, folder + "/loader/entries", entries);
        add_images(root, folder + "/EFI/Linux", entries);
    }
    return first_of_each(std::move(entries));
}

std::vector<BootEntry> read_grub_entries(const Root& root) {
    std::vector<BootEntry> entries;
    add_texts(root, "/boot/loader/entries", entries);
    for (BootEntry& entry : entries)
        entry.id.resize(entry.id.size() - std::string_view(".conf").size());
    return first_of_each(std::move(entries));
}

} // namespace gpuboot::input
