// SPDX-License-Identifier: LGPL-2.1-or-later
// The files of systemd-boot, loader.conf(5) and its entries: a key and a value in each line, '#'
// begins a comment.
#pragma once

#include <string>
#include <string_view>

namespace gpuboot::input {

/// The value of the key's last line, which is the one that counts; "" when there is none.
std::string loader_value(std::string_view text, std::string_view key);

/// The text with that value in the key's last line, or in a line of its own at the end; all others
/// are kept as they are. "" takes the key's last line out.
std::string with_loader_value(std::string_view text, std::string_view key, std::string_view value);

} // namespace gpuboot::input
