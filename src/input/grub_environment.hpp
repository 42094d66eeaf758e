// SPDX-License-Identifier: LGPL-2.1-or-later
// GRUB's environment block, grubenv: 1024 bytes, a first line, lines "name=value", '#' up to the
// end (grub-editenv(1); grub-core/lib/envblk.c). GRUB itself writes into the file's own blocks.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gpuboot::input {

inline constexpr std::size_t grub_environment_size = 1024;

/// BadInput for what is no such block.
Result<void> check_grub_environment(std::string_view text);

/// "" when the block has no such variable. Of a block that was checked.
std::string grub_variable(std::string_view text, std::string_view name);

/// The block with this variable, all others and the comments as they were; "" takes it out.
/// BadInput when there is no room, or the value holds a line's end.
Result<std::string> with_grub_variable(std::string_view text, std::string_view name,
                                       std::string_view value);

} // namespace gpuboot::input
