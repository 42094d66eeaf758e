// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/digest.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;

TEST_CASE("SHA-256 of what FIPS 180-2 gives as examples") {
    CHECK(sha256_hex({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex(bytes_of("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a digest does not depend on how the bytes come in") {
    const std::string text(100'000, 'x');
    Sha256 sum;
    sum.add(bytes_of(std::string_view(text).substr(0, 1)));
    sum.add({});
    sum.add(bytes_of(std::string_view(text).substr(1)));
    CHECK(sum.hex() == sha256_hex(bytes_of(text)));
}

TEST_CASE("the digest of the pieces is that of their digests, however many there are") {
    const fakes::TemporaryRoot tree;
    for (const std::size_t size : {std::size_t{1}, digest_piece - 1, digest_piece, digest_piece + 1,
                                   5 * digest_piece + 300'000}) {
        std::string text(size, 'x');
        for (std::size_t i = 0; i < size; i += 4096)
            text[i] = static_cast<char>(i / 4096);
        std::string digests;
        for (std::size_t at = 0; at < size; at += digest_piece)
            digests += sha256_hex(bytes_of(std::string_view(text).substr(at, digest_piece)));
        CHECK(sha256_of_pieces(bytes_of(text)) == sha256_hex(bytes_of(digests)));

        tree.write("/file", text);
        const auto fd = tree.root.open_at("/file", O_RDONLY);
        REQUIRE(fd);
        const auto file = read_hashed_pieces(fd->get(), size);
        REQUIRE(file);
        CHECK(file->sha256 == sha256_hex(bytes_of(digests)));
        CHECK(text_of(file->bytes) == text);
        CHECK_FALSE(read_hashed_pieces(fd->get(), size + 1)); // F-32
    }
}

TEST_CASE("pieces that change places are another digest") { // F-31
    const std::string a(digest_piece, 'a'), b(digest_piece, 'b');
    CHECK(sha256_of_pieces(bytes_of(a + b)) != sha256_of_pieces(bytes_of(b + a)));
}

TEST_CASE("one flipped bit is another digest") { // F-31
    std::string text(4096, '\0');
    const std::string before = sha256_hex(bytes_of(text));
    text[4095] = 1;
    CHECK(sha256_hex(bytes_of(text)) != before);
}
