// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/digest.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <new>
#include <span>
#include <vector>

#include "base/at_once.hpp"
#include "base/root.hpp"

namespace gpuboot {

namespace {

/// Reads and hashes in turn, while the bytes are still in the processor's cache.
Result<std::string> read_piece(int fd, std::size_t begin, std::span<std::byte> piece) {
    Sha256 sum;
    for (std::size_t used = 0; used < piece.size();) {
        const std::span<std::byte> room =
            piece.subspan(used, std::min(read_chunk, piece.size() - used));
        const ssize_t got = ::pread(fd, room.data(), room.size(), static_cast<off_t>(begin + used));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read");
        if (got == 0) return fail(Errc::BadInput, "was cut short while it was read");
        sum.add(room.first(static_cast<std::size_t>(got)));
        used += static_cast<std::size_t>(got);
    }
    return sum.hex();
}

/// Calls `hash` with the begin and length of each piece, all of them at the same time.
Result<std::string>
hash_pieces(std::size_t size,
            const std::function<Result<std::string>(std::size_t, std::size_t)>& hash) {
    std::vector<Result<std::string>> sums((size + digest_piece - 1) / digest_piece);
    at_once(sums.size(), [&](std::size_t i) {
        const std::size_t begin = i * digest_piece;
        sums[i] = hash(begin, std::min(digest_piece, size - begin));
    });
    Sha256 sum;
    for (Result<std::string>& piece : sums) {
        if (!piece) return forward(std::move(piece).error());
        sum.add(bytes_of(*piece));
    }
    return sum.hex();
}

} // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

// EVP fails here only without memory, or where a policy forbids SHA-256: nothing could be verified.
Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
        throw std::bad_alloc();
}

void Sha256::add(ByteView bytes) {
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), &length) != 1) throw std::bad_alloc();
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

std::string sha256_of_pieces(ByteView bytes) {
    return *hash_pieces(bytes.size(), [&](std::size_t begin, std::size_t length) {
        return Result<std::string>(sha256_hex(bytes.subspan(begin, length)));
    });
}

std::string sha256_hex(ByteView bytes) {
    Sha256 sum;
    sum.add(bytes);
    return sum.hex();
}

Result<std::string> sha256_of(int fd, std::size_t limit) {
    Sha256 sum;
    Bytes buffer(read_chunk);
    for (std::size_t total = 0;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read");
        if (got == 0) return sum.hex();
        total += static_cast<std::size_t>(got);
        if (total > limit)
            return fail(Errc::BadInput, "larger than " + std::to_string(limit) + " bytes");
        sum.add(ByteView(buffer).first(static_cast<std::size_t>(got)));
    }
}

Result<HashedBytes> read_hashed(int fd, std::size_t limit) {
    HashedBytes file;
    Sha256 sum;
    auto read = read_chunks(fd, limit, file.bytes, [&sum](ByteView chunk) { sum.add(chunk); });
    if (!read) return forward(std::move(read).error());
    file.sha256 = sum.hex();
    return file;
}

Result<HashedBytes> read_hashed_pieces(int fd, std::size_t size) {
    HashedBytes file;
    file.bytes.resize(size);
    auto sum = hash_pieces(size, [&](std::size_t begin, std::size_t length) {
        return read_piece(fd, begin, std::span(file.bytes).subspan(begin, length));
    });
    if (!sum) return forward(std::move(sum).error());
    file.sha256 = std::move(*sum);
    return file;
}

} // namespace gpuboot
