// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/digest.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>

#include "base/root.hpp"

namespace gpuboot {

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

std::string sha256_hex(ByteView bytes) {
    Sha256 sum;
    sum.add(bytes);
    return sum.hex();
}

Result<std::string> sha256_of(int fd, std::size_t limit) {
    Sha256 sum;
    Bytes buffer(std::size_t{256} << 10);
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
    auto read = read_pieces(fd, limit, file.bytes, [&sum](ByteView piece) { sum.add(piece); });
    if (!read) return forward(std::move(read).error());
    file.sha256 = sum.hex();
    return file;
}

} // namespace gpuboot
