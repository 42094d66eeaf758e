// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/printable.hpp"

#include <doctest/doctest.h>

using gpuboot::model::printable;

TEST_CASE("plain text of any language stays") {
    for (const std::string text :
         {"", "NVRM: failed", "Gerät à côté", "日本語", "\xf0\x9f\x99\x82", "a\\b\"c"})
        CHECK(printable(text) == text);
}

TEST_CASE("what steers a terminal or turns the reading direction is shown") { // F-51 F-117
    struct {
        std::string text, shown;
    } const table[]{
        {"a\nb\tc\x1b[31m", "a\\x0ab\\x09c\\x1b[31m"},
        {std::string("\0\x7f", 2), "\\x00\\x7f"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},                   // C1's own CSI
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, // U+202E
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, // U+2066
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, // U+2028
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"}, // U+FEFF
    };
    for (const auto& [text, shown] : table)
        CHECK(printable(text) == shown);
}

TEST_CASE("bytes that are no UTF-8 are shown one by one") { // F-51
    CHECK(printable("\xff!") == "\\xff!");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                   // overlong
    CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");          // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // beyond Unicode
    CHECK(printable("\xe6\x97") == "\\xe6\\x97");                   // cut
    CHECK(printable("\x80") == "\\x80");
}
