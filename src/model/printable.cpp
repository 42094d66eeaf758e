// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/printable.hpp"

#include <cstddef>
#include <cstdint>

namespace gpuboot::model {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0; ///< 0: no UTF-8
};

std::size_t length_of(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return 2;
    if (first >= 0xe0 && first < 0xf0) return 3;
    if (first >= 0xf0 && first < 0xf5) return 4;
    return 0;
}

Character decode(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = length_of(first);
    if (length == 0 || length > text.size()) return {};
    std::uint32_t code = length == 1 ? first : first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) return {};
        code = code << 6 | (byte & 0x3fU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    if (overlong || surrogate || code > 0x10ffff) return {};
    return {code, length};
}

bool steers(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ||      // C0, DEL, C1
           code == 0x61c || code == 0x200e || code == 0x200f || // direction marks
           (code >= 0x2028 && code <= 0x202e) || // line separators, embeddings, overrides
           (code >= 0x2066 && code <= 0x2069) || // isolates
           code == 0xfeff;
}

void escape(std::string_view bytes, std::string& out) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Character character = decode(text);
        const std::string_view bytes = text.substr(0, character.length == 0 ? 1 : character.length);
        if (character.length == 0 || steers(character.code))
            escape(bytes, out);
        else
            out += bytes;
        text.remove_prefix(bytes.size());
    }
    return out;
}

} // namespace gpuboot::model
