// SPDX-License-Identifier: LGPL-2.1-or-later
// A configuration file of gpuboot's own among those of other programs: its first line has the
// digest of all that follows it, so that one which somebody changed is known for theirs.
// gpuboot.postrm goes by it, too.
#pragma once

#include <string>
#include <string_view>

namespace gpuboot::input {

/// With that first line.
std::string own_text(std::string_view settings);

/// Whether it is as gpuboot wrote it, byte for byte.
bool is_own_text(std::string_view text);

} // namespace gpuboot::input
