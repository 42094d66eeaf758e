// SPDX-License-Identifier: LGPL-2.1-or-later
// containerd's files with CDI on, everything else in them as it is. Each edit is of the text, and
// is read again: what changed more than it should is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "input/containerd_files.hpp"

namespace gpuboot::input {

constexpr std::string_view containerd_drop_in = "/etc/containerd/conf.d/gpuboot.toml";

/// Of a configuration of version 2 or 3.
std::string_view cri_plugin_of(std::int64_t version);

/// The table that switches CDI on. A file without a version is of the main file's to every
/// containerd; with one of its own 2.0 would take the whole configuration for that version.
std::string containerd_drop_in_text(std::int64_t version);
std::string containerd_drop_in_without_table();

/// Imports the drop-in, be it already or as the last import. Absent: the list is not written
/// plainly.
std::optional<std::string> with_import(const ContainerdFile& main, std::int64_t version);

/// CDI on in the plugin's table that this file has. Absent: the table is not written plainly.
std::optional<std::string> with_cdi_in_table(const ContainerdFile& holder, std::int64_t version);

} // namespace gpuboot::input
