// SPDX-License-Identifier: LGPL-2.1-or-later
// Folders that a program searches one after the other, as PATH or /etc and /usr/lib are: which of
// them are there, and which of their files it would take. An absent folder is an empty one.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"

namespace gpuboot::input {

/// Sorted. BadInput: more than 65,536 names.
Result<std::vector<std::string>> names_in(const Root& root, const std::string& folder);

/// What a path leads to through every link; absent when it leads nowhere.
Result<std::optional<struct stat>> target_of(const Root& root, const std::string& path);

/// Whether it leads to a regular file.
Result<bool> leads_to_file(const Root& root, const std::string& path);

/// Those that are there, in that order, each once: /bin and /usr/bin may be one.
Result<std::vector<std::string>> distinct_folders(const Root& root,
                                                  std::span<const std::string_view> folders);

/// Name to path of the files in these folders, of one name the first one. A link to /dev/null
/// stands for none, and hides those behind it (systemd.unit(5), udev(7), modprobe.d(5)).
Result<std::map<std::string, std::string>>
effective_files(const Root& root, std::span<const std::string_view> folders);

} // namespace gpuboot::input
