// SPDX-License-Identifier: LGPL-2.1-or-later
// Compressed bytes in memory: zstd, xz and gzip, as kernel modules and symvers files come. Never
// more than `limit` bytes come out, whatever the input promises.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace gpuboot {

enum class Compression { None, Zstd, Xz, Gzip };

std::string_view to_text(Compression compression); ///< "none", "zstd", "xz", "gzip"
std::optional<Compression> compression_of(std::string_view text);

/// What a file's name ends in: "", ".zst", ".xz", ".gz".
std::string_view suffix_of(Compression compression);
/// By that ending; None when there is no such one.
Compression compression_of_file(std::string_view name);

/// BadInput: broken, cut off, followed by something else, or larger than `limit`. The bytes
/// themselves for None.
Result<Bytes> decompress(Compression compression, ByteView bytes, std::size_t limit);

/// In a form that every kernel's own reader takes (xz with CRC-32, as the kernel demands).
Result<Bytes> compress(Compression compression, ByteView bytes);

} // namespace gpuboot
