// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/digest.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("one flipped bit is another digest") { // F-31
    std::string text(4096, '\0');
    const std::string before = sha256_hex(bytes_of(text));
    text[4095] = 1;
    CHECK(sha256_hex(bytes_of(text)) != before);
}
