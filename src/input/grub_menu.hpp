// SPDX-License-Identifier: LGPL-2.1-or-later
// grub.cfg as far as the choice of a kernel goes: the menu in its order, and what the default is
// made of. Untrusted text: nothing of it is run. The format is grub-mkconfig(8)'s (10_linux).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/boot_choice.hpp"

namespace gpuboot::input {

struct GrubNode {
    std::string title;
    std::string id;     ///< its title where it has none
    std::string kernel; ///< release; "" of a submenu, and of what boots no kernel of this system
    bool submenu = false;
    std::vector<GrubNode> nodes;
};

struct GrubMenu {
    std::vector<GrubNode> nodes;
    bool heeds_saved_entry = false; ///< the default is ${saved_entry}, and nothing else
    bool reads_entries = false;     ///< blscfg: the entries are files (boot_entries.hpp)
};

/// BadInput for a menu that has no end, or is nested or long beyond reason.
Result<GrubMenu> parse_grub_menu(std::string_view text);

/// The first entry of each kernel, in the menu's order.
std::vector<model::BootEntry> entries_of(const std::vector<GrubNode>& nodes);

/// The kernel that a saved_entry leads to ("ID", "ID>ID", by titles, by numbers); the first entry's
/// for "". "" when it leads to no kernel that is known.
std::string kernel_behind(const std::vector<GrubNode>& nodes, std::string_view saved);

/// A kernel's release from the file it lies in: /boot/vmlinuz-6.1.0-50-amd64; "" of other names.
std::string kernel_of_image(std::string_view path);

} // namespace gpuboot::input
