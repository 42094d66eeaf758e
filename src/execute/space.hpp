// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks for room before anything is written, so that a full disk is one clear sentence.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/root.hpp"

namespace gpuboot::execute {

/// `bytes` and `files` are an estimate; a margin is added. `path` is an existing directory.
Result<void> require_space(const Root& root, std::string_view path, std::uint64_t bytes,
                           std::uint64_t files);

} // namespace gpuboot::execute
