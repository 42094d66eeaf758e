// SPDX-License-Identifier: LGPL-2.1-or-later
// Raw file contents in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace gpuboot {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace gpuboot
