// SPDX-License-Identifier: LGPL-2.1-or-later
// SHA-256 through OpenSSL's EVP, as lower-case hex.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_md_ctx_st;

namespace gpuboot {

class Sha256 {
  public:
    Sha256();
    void add(ByteView bytes);
    std::string hex(); ///< Finishes; the object is of no further use.

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(ByteView bytes);

/// Of the rest of an open file, which is not kept; more than `limit` bytes is BadInput.
Result<std::string> sha256_of(int fd, std::size_t limit);

/// As large as all pieces of a file are but the last: a huge page, which two processors that fill
/// it at the same time would both have to clear.
inline constexpr std::size_t digest_piece = std::size_t{2} << 20;

/// The digest of the pieces' digests, in hex, one behind the other. It stands for the same bytes as
/// the digest of the whole, and all processors can work on it.
std::string sha256_of_pieces(ByteView bytes);

struct HashedBytes {
    Bytes bytes;
    std::string sha256;
};

/// The rest of an open file, hashed chunk by chunk while it is still in the processor's cache;
/// more than `limit` bytes is BadInput.
Result<HashedBytes> read_hashed(int fd, std::size_t limit);

/// The first `size` bytes of an open file and, as `sha256`, the digest of their pieces; fewer bytes
/// are BadInput.
Result<HashedBytes> read_hashed_pieces(int fd, std::size_t size);

} // namespace gpuboot
