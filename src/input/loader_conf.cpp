// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/loader_conf.hpp"

#include <algorithm>

namespace gpuboot::input {

namespace {

constexpr std::string_view blanks = " \t\r";

struct Found {
    std::size_t begin = 0, size = 0; ///< of the line with its end; 0, 0 when there is none
    std::string_view value;
};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return "";
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

Found find_last(std::string_view text, std::string_view key) {
    Found found;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = trimmed(text.substr(begin, end - begin));
        const std::size_t blank = std::min(line.find_first_of(blanks), line.size());
        if (line.substr(0, blank) == key && blank < line.size())
            found = {begin, std::min(end + 1, text.size()) - begin, trimmed(line.substr(blank))};
        begin = end + 1;
    }
    return found;
}

} // namespace

std::string loader_value(std::string_view text, std::string_view key) {
    return std::string(find_last(text, key).value);
}

std::string with_loader_value(std::string_view text, std::string_view key, std::string_view value) {
    const std::string line =
        value.empty() ? "" : std::string(key) + " " + std::string(value) + "\n";
    const Found found = find_last(text, key);
    std::string changed(text);
    if (found.size != 0) return changed.replace(found.begin, found.size, line);
    if (!line.empty() && !changed.empty() && !changed.ends_with('\n')) changed += '\n';
    return changed + line;
}

} // namespace gpuboot::input
