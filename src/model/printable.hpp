// SPDX-License-Identifier: LGPL-2.1-or-later
// What a file, a tool or the kernel said, fit for a terminal and a log line (F-51, F-117).
#pragma once

#include <string>
#include <string_view>

namespace gpuboot::model {

/// Bytes that would steer a terminal or turn the reading direction as \xNN: control characters
/// (C0, DEL, C1), line separators, bidirectional marks, and whatever is no UTF-8.
std::string printable(std::string_view text);

} // namespace gpuboot::model
