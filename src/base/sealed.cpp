// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sealed.hpp"

#include "base/digest.hpp"

namespace gpuboot {

std::string seal(std::string_view payload) {
    std::string text(payload);
    return text + "\n" + std::to_string(payload.size()) + " " + sha256_hex(bytes_of(payload)) +
           "\n";
}

std::optional<std::string> unseal(std::string_view text) {
    const std::string_view payload = text.substr(0, text.find('\n'));
    if (seal(payload) != text) return std::nullopt;
    return std::string(payload);
}

} // namespace gpuboot
