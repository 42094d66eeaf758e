// SPDX-License-Identifier: LGPL-2.1-or-later
// A case of golden-markers/: a real marker file of a bake on disk, damaged as case.toml says, read
// and judged as a boot would.
#pragma once

#include "golden/device_case.hpp"

namespace gpuboot::golden {

/// The first of these keys that is there says what is done to the marker, the others refine it:
///   replace = "LINE'S BEGINNING", with = "LINES" ("" takes the line away) · before = "BYTES" ·
///   after = "BYTES" · line_ends = "crlf" · cut_last = N bytes · length = N bytes of zeros ·
///   instead = "nothing" | "symlink" | "directory" | "fifo" · owner = UID · mode = OCTAL
Result<Answer> answer_marker(const std::string& file, const Node& record);

} // namespace gpuboot::golden
