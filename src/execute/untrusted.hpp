// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads what an untrusted program left in a folder: a file is opened without following any symlink,
// out of the folder or in it, and read once.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace gpuboot::execute {

/// `path` is below the open directory. A regular file with one name; more than `limit` bytes is
/// BadInput, an absent one NotFound.
Result<Bytes> read_untrusted(int directory, const std::string& path, std::size_t limit);

} // namespace gpuboot::execute
