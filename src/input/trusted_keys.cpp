// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/trusted_keys.hpp"

#include <fcntl.h>

#include <array>
#include <sstream>
#include <string_view>

#include "input/certificate.hpp"

namespace gpuboot::input {

namespace {

using model::TrustedKey;
using Keys = std::vector<TrustedKey>;

constexpr std::size_t list_limit = 1 << 20;
constexpr std::size_t attributes_size = 4; // in front of the value of each EFI variable

/// shim publishes the list as a table, and as a variable where it fits into one.
struct Place {
    std::string_view path;
    std::size_t skip;
};
constexpr std::array mok_lists{
    Place{"/sys/firmware/efi/mok-variables/MokListRT", 0},
    Place{"/sys/firmware/efi/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23",
          attributes_size},
};

/// Empty when there is no such list; absent when there is one that cannot be read.
std::optional<Keys> read_mok(const Root& root) {
    for (const Place& place : mok_lists) {
        auto text = root.read_text(place.path, list_limit);
        if (!text && text.error().code == Errc::NotFound) continue;
        if (!text || text->size() < place.skip) return std::nullopt;
        return parse_signature_lists(bytes_of(std::string_view(*text).substr(place.skip)));
    }
    return Keys{};
}

/// "NAME: HEX: X509.rsa bb419ea1 []"
std::optional<TrustedKey> key_of_description(std::string_view text) {
    const auto type = text.rfind(": X509.");
    if (type == std::string_view::npos) return std::nullopt;
    text = text.substr(0, type);
    const auto colon = text.rfind(": ");
    if (colon == std::string_view::npos) return std::nullopt;
    return TrustedKey{std::string(text.substr(0, colon)), std::string(text.substr(colon + 2)), "",
                      ""};
}

} // namespace

Keys keys_of_proc(const std::string& text) {
    Keys keys;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string serial, flags, usage, timeout, rights, user, group, type, rest;
        words >> serial >> flags >> usage >> timeout >> rights >> user >> group >> type >> std::ws;
        std::getline(words, rest);
        const bool alive =
            flags.starts_with('I') && flags.find_first_of("RDN") == std::string::npos;
        if (!alive || user != "0" || type != "asymmetri") continue;
        if (auto key = key_of_description(rest)) keys.push_back(std::move(*key));
    }
    return keys;
}

std::optional<Keys> read_trusted_keys(const Root& root) {
    auto text = root.read_text("/proc/keys", list_limit);
    if (!text) return std::nullopt;
    Keys keys = keys_of_proc(*text);
    auto enrolled = read_mok(root);
    if (keys.empty() || !enrolled) return std::nullopt;
    keys.insert(keys.end(), enrolled->begin(), enrolled->end());
    return keys;
}

} // namespace gpuboot::input
