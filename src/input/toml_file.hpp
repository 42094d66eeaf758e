// SPDX-License-Identifier: LGPL-2.1-or-later
// A TOML file of ours as a document, refused by size before it is parsed.
#pragma once

#include "base/document.hpp"
#include "base/root.hpp"

namespace gpuboot::input {

inline constexpr std::size_t toml_limit = 1 << 20;

/// NotFound when it is absent; every other Error starts with the file's path, and its line where
/// there is one.
Result<Node> read_toml(const Root& root, std::string_view path);

/// A symlink stands there: when the file behind it is "not found", that is no absent file.
bool is_link(const Root& root, std::string_view path);

} // namespace gpuboot::input
