// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/host.hpp"

#include <sys/utsname.h>

#include "base/names.hpp"

namespace gpuboot::input {

model::Host read_host() {
    struct utsname name{};
    if (::uname(&name) != 0) return {};
    return {name.release, name.machine};
}

std::string read_boot_id(const Root& root) {
    auto text = root.read_text("/proc/sys/kernel/random/boot_id", 64);
    return text ? text->substr(0, text->find('\n')) : "";
}

std::string last_value(std::string_view command_line, std::string_view key) {
    std::string_view value;
    while (!command_line.empty()) {
        const auto end = command_line.find_first_of(" \t\n");
        std::string_view word = command_line.substr(0, end);
        if (word.starts_with(key) && word.substr(key.size()).starts_with('='))
            value = word.substr(key.size() + 1);
        if (end == std::string_view::npos) break;
        command_line.remove_prefix(end + 1);
    }
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    return std::string(value);
}

} // namespace gpuboot::input
