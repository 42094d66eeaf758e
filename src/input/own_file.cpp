// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/own_file.hpp"

#include "base/digest.hpp"

namespace gpuboot::input {

std::string own_text(std::string_view settings) {
    return "# Written by gpuboot. SHA-256 of what follows: " + sha256_hex(bytes_of(settings)) +
           "\n" + std::string(settings);
}

bool is_own_text(std::string_view text) {
    const auto end = text.find('\n');
    return end != std::string_view::npos && text == own_text(text.substr(end + 1));
}

} // namespace gpuboot::input
