// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/compression.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

using namespace gpuboot;

namespace {

constexpr std::array packers{Compression::Zstd, Compression::Xz, Compression::Gzip};
constexpr std::size_t limit = std::size_t{1} << 20;

std::string packed(Compression compression, const std::string& text) {
    const auto bytes = compress(compression, bytes_of(text));
    REQUIRE(bytes);
    return std::string(text_of(*bytes));
}

Result<Bytes> unpack(Compression compression, const std::string& text, std::size_t most = limit) {
    return decompress(compression, bytes_of(text), most);
}

std::string flaw(Compression compression, const std::string& text, std::size_t most = limit) {
    const auto bytes = unpack(compression, text, most);
    return bytes ? "" : bytes.error().what;
}

std::string noise(std::size_t size) {
    std::mt19937 random(41);
    std::string text;
    while (text.size() < size)
        text += static_cast<char>(random() & 0xff);
    return text;
}

} // namespace

TEST_CASE("what is packed comes out again, whatever its size") {
    for (const Compression each : packers)
        for (const std::string& text :
             {std::string(), std::string("x"), std::string(900'000, 'z'), noise(200'000)}) {
            const auto bytes = unpack(each, packed(each, text));
            REQUIRE_MESSAGE(bytes, to_text(each));
            CHECK((text_of(*bytes) == text));
        }
    CHECK(text_of(*unpack(Compression::None, "as it is")) == "as it is");
}

TEST_CASE("names and endings") {
    for (const Compression each : packers) {
        CHECK((compression_of(to_text(each)) == each));
        CHECK((compression_of_file("modules/x.ko" + std::string(suffix_of(each))) == each));
    }
    CHECK((compression_of("none") == Compression::None));
    CHECK_FALSE(compression_of("lz4"));
    CHECK((compression_of_file("modules/x.ko") == Compression::None));
    CHECK((compression_of_file("zst") == Compression::None));
}

TEST_CASE("a bomb is stopped at the limit") { // F-41
    const std::string bomb(limit * 4, '\0');
    for (const Compression each : packers) {
        const std::string small = packed(each, bomb);
        CHECK(small.size() < bomb.size() / 500);
        CHECK(flaw(each, small) == "larger than 1048576 bytes");
        const std::string exact(limit, 'a');
        CHECK(flaw(each, packed(each, exact)) == "");
        CHECK(flaw(each, packed(each, exact + "b")) != "");
    }
}

TEST_CASE("cut off, lengthened, of another kind: each is told") { // F-41
    for (const Compression each : packers) {
        const std::string good = packed(each, noise(5'000));
        for (std::size_t size = 0; size < good.size(); size += 97)
            CHECK_MESSAGE(flaw(each, good.substr(0, size)) != "", to_text(each));
        CHECK(flaw(each, good.substr(0, good.size() - 1)) != "");
        CHECK(flaw(each, good + "x") != "");
        CHECK(flaw(each, good + good) != "");
        CHECK(flaw(each, std::string(5'000, 'x')) != "");
        for (const Compression other : packers)
            if (other != each) CHECK(flaw(other, good) != "");
    }
}

TEST_CASE("damaged bytes never come out as they were, or cost more than the limit") { // F-41
    std::mt19937 random(42);
    const std::string text = noise(2'000) + std::string(20'000, 'a');
    for (const Compression each : packers) {
        const std::string good = packed(each, text);
        for (int i = 0; i < 100; ++i) {
            std::string bad = good;
            bad[random() % bad.size()] ^= static_cast<char>(1U << (random() % 8));
            const auto bytes = unpack(each, bad);
            if (bytes) CHECK(bytes->size() <= limit);
        }
    }
}
