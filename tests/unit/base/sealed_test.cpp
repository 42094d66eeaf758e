// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sealed.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;

TEST_CASE("a sealed payload comes back") {
    for (const std::string_view payload : {"", "x", "{\"bake\":\"a\",\"tries\":1}"}) {
        const auto opened = unseal(seal(payload));
        REQUIRE(opened);
        CHECK(*opened == payload);
    }
}

TEST_CASE("a record of which any byte is gone or another counts as absent") { // F-12
    const std::string whole = seal("{\"bake\":\"a\"}");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CAPTURE(i);
        CHECK_FALSE(unseal(whole.substr(0, i)));
        std::string flipped = whole;
        flipped[i] = static_cast<char>(flipped[i] ^ 1);
        CHECK_FALSE(unseal(flipped));
    }
    CHECK_FALSE(unseal(whole + "\n"));
    CHECK_FALSE(unseal(std::string(whole.size(), '\0')));
}
