// SPDX-License-Identifier: LGPL-2.1-or-later
// The files that containerd's configuration consists of, in the order in which containerd takes
// them (containerd's server/config/config.go: LoadConfig, resolveImports).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.hpp"
#include "base/root.hpp"

namespace gpuboot::input {

constexpr std::string_view containerd_main_file = "/etc/containerd/config.toml";

struct ContainerdFile {
    std::string path, text;
    Node node = Table{};
};

/// The main file, empty where it is absent, then what it imports, then what those import. One that
/// was taken is not taken again, so a circle ends. An import that is not there, for which
/// containerd does not start, is an error; so are more files than anybody has.
Result<std::vector<ContainerdFile>> read_containerd_files(const Root& root);

/// Absolute and without "..": a relative import is relative to the folder of the file that has it.
/// Before 1.7.20 one with "*" was relative to containerd's own working directory; what it finds
/// there is not known here.
std::string import_path(std::string_view import, std::string_view file);

/// The texts of a list under that key; none where it is something else.
std::vector<std::string> texts_in(const Node& node, std::string_view key);

/// 0 when none is written.
std::int64_t version_in_file(const ContainerdFile& file);

} // namespace gpuboot::input
