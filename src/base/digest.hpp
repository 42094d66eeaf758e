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

struct HashedBytes {
    Bytes bytes;
    std::string sha256;
};

/// The rest of an open file, hashed piece by piece while it is still in the processor's cache;
/// more than `limit` bytes is BadInput.
Result<HashedBytes> read_hashed(int fd, std::size_t limit);

} // namespace gpuboot
