// SPDX-License-Identifier: LGPL-2.1-or-later
// Names on disk by a pattern, inside a root.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"

namespace gpuboot::input {

/// Whether "*" stands for a "." at the beginning, too.
enum class Hidden { Skipped, Too };

/// What lies there under an absolute path, in whose names "*" stands for any part. Sorted.
std::vector<std::string> matches(const Root& root, std::string_view pattern,
                                 Hidden hidden = Hidden::Skipped);

} // namespace gpuboot::input
