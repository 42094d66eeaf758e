// SPDX-License-Identifier: LGPL-2.1-or-later
// The name under which ldconfig(8) lists a library in the dynamic loader's cache.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace gpuboot::source {

/// Its DT_SONAME, or its file's name when it has none; "" when `file` is not named as a library is,
/// or the bytes are none of this architecture (uname -m).
std::string soname_of(std::string_view file, ByteView image, std::string_view arch);

} // namespace gpuboot::source
