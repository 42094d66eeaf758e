// SPDX-License-Identifier: LGPL-2.1-or-later
// Who could have written a file.
#pragma once

#include <sys/stat.h>

#include <string>

namespace gpuboot::input {

/// Why somebody other than root could have written this: "owner 1000", "mode 0666", "2 hard
/// links"; "" when nobody could. Not for symlinks, whose mode says nothing.
std::string unsafe(const struct stat& status);

} // namespace gpuboot::input
