// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/boot_loader.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "input/boot_entries.hpp"
#include "input/grub_environment.hpp"
#include "input/grub_menu.hpp"
#include "input/loader_conf.hpp"
#include "model/printable.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t menu_limit = std::size_t{4} << 20;
constexpr std::size_t file_limit = std::size_t{64} << 10;
constexpr std::array<std::string_view, 2> grub_folders{"/boot/grub", "/boot/grub2"};
/// Where distributions mount the ESP; the Boot Loader Specification names all three.
constexpr std::array<std::string_view, 3> esp_folders{"/efi", "/boot/efi", "/boot"};
constexpr std::string_view efi_variables = "/sys/firmware/efi/efivars/";
/// systemd-boot(7), "EFI VARIABLES".
constexpr std::string_view vendor = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

BootChoice flawed(BootChoice choice, std::string flaw) {
    choice.flaw = std::move(flaw);
    return choice;
}

std::string efi_variable(std::string_view name) {
    return std::string(efi_variables) + std::string(name) + std::string(vendor);
}

/// Of UTF-16 only what is ASCII; four bytes of attributes come first.
bool systemd_boot_ran(const Root& root) {
    const auto bytes = root.read_text(efi_variable("LoaderInfo"), file_limit);
    std::string text;
    for (std::size_t at = 4; bytes && at < bytes->size(); at += 2)
        text += (*bytes)[at];
    return text.starts_with("systemd-boot");
}

std::string systemd_boot_folder(const Root& root) {
    for (const std::string_view esp : esp_folders) {
        const std::string folder(esp);
        if (!root.exists(folder + "/loader/loader.conf")) continue;
        const auto programs = root.list(folder + "/EFI/systemd");
        if (programs && std::ranges::any_of(*programs, [](const std::string& name) {
                return name.starts_with("systemd-boot") && name.ends_with(".efi");
            }))
            return folder;
    }
    return "";
}

std::string grub_folder(const Root& root) {
    for (const std::string_view folder : grub_folders)
        if (root.exists(std::string(folder) + "/grub.cfg")) return std::string(folder);
    return "";
}

/// An entry's file name, or a pattern over them; the first that fits is taken.
std::string kernel_matching(const std::vector<BootEntry>& entries, const std::string& pattern) {
    for (const BootEntry& entry : entries)
        if (pattern.empty() || ::fnmatch(pattern.c_str(), entry.id.c_str(), 0) == 0)
            return entry.kernel;
    return "";
}

BootChoice read_systemd_boot(const Root& root, const std::string& esp) {
    BootChoice choice{BootLoader::SystemdBoot, esp + "/loader/loader.conf", {}, "", ""};
    const auto text = read_default_file(root, choice);
    if (!text) return flawed(std::move(choice), text.error().what);
    std::vector<std::string> folders{esp};
    if (esp != "/boot") folders.emplace_back("/boot"); // the extended boot partition
    choice.entries = read_boot_entries(root, folders);
    choice.set = loader_value(*text, "default");
    choice.kernel = kernel_matching(choice.entries, choice.set);
    if (root.exists(efi_variable("LoaderEntryDefault")))
        choice.obstacle = "the firmware's variable LoaderEntryDefault decides, not " + choice.file +
                          " (bootctl set-default '' takes it out)";
    return choice;
}

/// By its id or place; where blscfg makes the menu there are no submenus.
std::string kernel_named(const std::vector<BootEntry>& entries, const std::string& saved) {
    std::vector<GrubNode> nodes;
    nodes.reserve(entries.size());
    for (const BootEntry& entry : entries)
        nodes.push_back({entry.id, entry.id, entry.kernel, false, {}});
    return nodes.empty() ? "" : kernel_behind(nodes, saved);
}

/// What a menu's text, or a file that it takes in, says about where the default comes from.
std::string why_not_heeded(const Root& root, const std::string& folder, const GrubMenu& menu) {
    if (!menu.heeds_saved_entry)
        return folder + "/grub.cfg does not take its default from saved_entry: set "
                        "GRUB_DEFAULT=saved in /etc/default/grub and run update-grub";
    const auto custom = root.read_text(folder + "/custom.cfg", menu_limit);
    if (custom && custom->contains("default"))
        return folder + "/custom.cfg has a word on the default, too";
    return "";
}

BootChoice read_grub(const Root& root, const std::string& folder) {
    BootChoice choice{BootLoader::Grub, folder + "/grubenv", {}, "", ""};
    const auto text = root.read_text(folder + "/grub.cfg", menu_limit);
    if (!text) return flawed(std::move(choice), text.error().what);
    const auto menu = parse_grub_menu(*text);
    if (!menu) return flawed(std::move(choice), folder + "/grub.cfg: " + menu.error().what);
    const auto block = read_default_file(root, choice);
    if (!block) return flawed(std::move(choice), block.error().what);
    choice.set = grub_variable(*block, "saved_entry");
    choice.entries = menu->reads_entries ? read_grub_entries(root) : entries_of(menu->nodes);
    choice.kernel = menu->reads_entries ? kernel_named(choice.entries, choice.set)
                                        : kernel_behind(menu->nodes, choice.set);
    choice.obstacle = why_not_heeded(root, folder, *menu);
    // Then GRUB has a block outside of any file, which the file system keeps free for it.
    if (!grub_variable(*block, "env_block").empty())
        choice.obstacle = choice.file + " names an env_block elsewhere on the disk";
    return choice;
}

} // namespace

BootChoice read_boot_choice(const Root& root) {
    const std::string esp = systemd_boot_folder(root), grub = grub_folder(root);
    const bool by_systemd_boot = !esp.empty() && (grub.empty() || systemd_boot_ran(root));
    if (!by_systemd_boot && grub.empty())
        return flawed({}, "no known boot loader: wanted /boot/grub/grub.cfg, or systemd-boot");
    BootChoice choice = by_systemd_boot ? read_systemd_boot(root, esp) : read_grub(root, grub);
    if (choice.set != printable(choice.set)) choice.kernel = ""; // could not be put back
    return choice;
}

Result<std::string> read_default_file(const Root& root, const BootChoice& choice) {
    const auto status = root.status(choice.file);
    if (!status) return forward(std::move(status).error());
    // A link often leads to the ESP, where nothing can be replaced in one step.
    if (!S_ISREG(status->st_mode))
        return fail(Errc::BadInput, choice.file + ": wanted a plain file");
    auto text = root.read_text(choice.file, file_limit);
    if (!text || choice.loader != BootLoader::Grub) return text;
    if (auto right = check_grub_environment(*text); !right)
        return forward(std::move(right).error(), choice.file);
    return text;
}

Result<std::string> with_default(const BootChoice& choice, const std::string& text,
                                 const std::string& value) {
    if (value != printable(value)) return fail(Errc::BadInput, "a default of one line was wanted");
    if (choice.loader == BootLoader::Grub) return with_grub_variable(text, "saved_entry", value);
    return with_loader_value(text, "default", value);
}

} // namespace gpuboot::input
