// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/version_order.hpp"

#include <algorithm>
#include <string>

namespace gpuboot::model {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool counts(char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '~' || c == '^';
}

int sign(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

char first(std::string_view text) { return text.empty() ? '\0' : text.front(); }

std::string_view take(std::string_view& text, bool (*is)(char)) {
    const auto end = std::ranges::find_if_not(text, is);
    const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
}

int compare_numbers(std::string_view a, std::string_view b) {
    if (a.empty() != b.empty()) return a.empty() ? -1 : 1;
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    return a.size() != b.size() ? sign(a.size(), b.size()) : sign(a.compare(b), 0);
}

/// What separates: one that has it where the other has not is the older one.
int skip_mark(std::string_view& a, std::string_view& b, char mark) {
    const bool in_a = first(a) == mark, in_b = first(b) == mark;
    if (in_a != in_b) return in_a ? -1 : 1;
    if (in_a) a.remove_prefix(1), b.remove_prefix(1);
    return 0;
}

} // namespace

int compare_versions(std::string_view a, std::string_view b) {
    for (;;) {
        (void)take(a, [](char c) { return !counts(c); });
        (void)take(b, [](char c) { return !counts(c); });
        if (const int order = skip_mark(a, b, '~')) return order;
        if (a.empty() || b.empty()) return sign(a.size(), b.size());
        for (const char mark : {'-', '^', '.'})
            if (const int order = skip_mark(a, b, mark)) return order;
        const bool numbers = is_digit(first(a)) || is_digit(first(b));
        const std::string_view left = take(a, numbers ? is_digit : is_letter);
        const std::string_view right = take(b, numbers ? is_digit : is_letter);
        if (const int order = numbers ? compare_numbers(left, right) : sign(left.compare(right), 0))
            return order;
    }
}

} // namespace gpuboot::model
