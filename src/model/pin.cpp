// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/pin.hpp"

#include <algorithm>

namespace gpuboot::model {

namespace {

bool all_of(std::string_view text, std::size_t least, std::size_t most, std::string_view allowed) {
    return text.size() >= least && text.size() <= most &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view words =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-";

} // namespace

std::string_view to_text(Kind kind) {
    switch (kind) {
    case Kind::Open: return "open";
    case Kind::Proprietary: return "proprietary";
    case Kind::Grid: return "grid";
    }
    return "open";
}

std::optional<Kind> kind_of(std::string_view text) {
    for (Kind kind : {Kind::Open, Kind::Proprietary, Kind::Grid})
        if (text == to_text(kind)) return kind;
    return std::nullopt;
}

bool is_version(std::string_view text) {
    return all_of(text, 3, 20, "0123456789.") && digits.contains(text.front()) &&
           digits.contains(text.back()) && text.find("..") == std::string_view::npos;
}

bool is_kernel_release(std::string_view text) {
    return all_of(text, 1, 64, words) && digits.contains(text.front());
}

bool is_source_name(std::string_view text) {
    return all_of(text, 1, 64, words) && text.front() != '-' && text.front() != '.';
}

bool is_sha256(std::string_view text) { return all_of(text, 64, 64, hex); }

bool is_pci_address(std::string_view text) {
    constexpr std::string_view shape = "hhhh:hh:hh.f";
    if (text.size() != shape.size()) return false;
    return std::ranges::equal(text, shape, [](char found, char wanted) {
        if (wanted == 'h') return hex.contains(found);
        return wanted == 'f' ? found >= '0' && found <= '7' : found == wanted;
    });
}

} // namespace gpuboot::model
