// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/grub_environment.hpp"

#include <algorithm>
#include <vector>

namespace gpuboot::input {

namespace {

constexpr std::string_view signature = "# GRUB Environment Block\n";

struct Line {
    std::string_view whole; ///< with its end
    std::string_view name;  ///< "" of a comment
    std::string_view value; ///< as it is escaped
};

/// Where the line ends; a backslash takes the character behind it along.
std::size_t end_of_line(std::string_view text, std::size_t from) {
    while (from < text.size() && text[from] != '\n')
        from += text[from] == '\\' ? 2 : 1;
    return std::min(from, text.size());
}

/// All behind the first line; the padding is no line, as it has no end.
std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t begin = signature.size(); begin < text.size();) {
        const bool comment = text[begin] == '#';
        const std::size_t end =
            comment ? std::min(text.find('\n', begin), text.size()) : end_of_line(text, begin);
        if (end == text.size()) break;
        const std::string_view line = text.substr(begin, end - begin);
        const std::size_t equals = comment ? std::string_view::npos : line.find('=');
        const bool is_set = equals != std::string_view::npos;
        lines.push_back({text.substr(begin, end + 1 - begin),
                         is_set ? line.substr(0, equals) : std::string_view(),
                         is_set ? line.substr(equals + 1) : std::string_view()});
        begin = end + 1;
    }
    return lines;
}

std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value)
        text += c == '\\' ? std::string("\\\\") : std::string(1, c);
    return text;
}

} // namespace

Result<void> check_grub_environment(std::string_view text) {
    if (text.size() != grub_environment_size)
        return fail(Errc::BadInput, "wanted 1024 bytes, found " + std::to_string(text.size()));
    if (!text.starts_with(signature))
        return fail(Errc::BadInput, "wanted \"# GRUB Environment Block\" in the first line");
    return {};
}

std::string grub_variable(std::string_view text, std::string_view name) {
    std::string value;
    for (const Line& line : lines_of(text)) {
        if (line.name != name) continue;
        for (std::size_t at = 0; at < line.value.size(); ++at) {
            if (line.value[at] == '\\' && at + 1 < line.value.size()) ++at;
            value += line.value[at];
        }
        break; // the first one counts for grub-editenv
    }
    return value;
}

Result<std::string> with_grub_variable(std::string_view text, std::string_view name,
                                       std::string_view value) {
    if (auto right = check_grub_environment(text); !right) return forward(std::move(right).error());
    if (value.contains('\n'))
        return fail(Errc::BadInput, "a value of grubenv must be a single line");
    std::string block(signature);
    bool is_in = value.empty();
    const std::string entry = std::string(name) + "=" + escaped(value) + "\n";
    for (const Line& line : lines_of(text)) {
        if (line.name != name) {
            block += line.whole;
        } else if (!is_in) {
            block += entry;
            is_in = true;
        }
    }
    if (!is_in) block += entry;
    if (block.size() > grub_environment_size)
        return fail(Errc::BadInput, "no room for " + std::string(name) + " in the 1024 bytes");
    block.resize(grub_environment_size, '#');
    return block;
}

} // namespace gpuboot::input
