// SPDX-License-Identifier: LGPL-2.1-or-later
// Boot entries that are files: UAPI.1 "Boot Loader Specification", loader/entries/*.conf (type 1)
// and EFI/Linux/*.efi (type 2), as systemd-boot and the blscfg of some distributions' GRUB read
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/boot_choice.hpp"

namespace gpuboot::input {

/// Of the folders that hold "loader/entries" and "EFI/Linux", the newest kernel first: entries of
/// one system differ by their version alone (boot_loader_entry_compare). `id` is the file's name
/// without its count of tries. An entry that cannot be read, or names no kernel, is left out; a
/// folder that is absent holds none.
std::vector<model::BootEntry> read_boot_entries(const Root& root,
                                                const std::vector<std::string>& folders);

/// The same, without the images of EFI/Linux; `id` is the name without ".conf", as blscfg has it.
std::vector<model::BootEntry> read_grub_entries(const Root& root);

} // namespace gpuboot::input
