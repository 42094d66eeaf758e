// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/loaded_driver.hpp"

#include <algorithm>
#include <sstream>

namespace gpuboot::input {

namespace {

std::string first_line(const Root& root, std::string_view path) {
    auto text = root.read_text(path, 4096);
    return text ? text->substr(0, text->find('\n')) : "";
}

/// /proc/modules: "nvidia_uvm 1540096 0 - Live 0x0000000000000000 (OE)"
std::vector<std::string> live_modules(const Root& root) {
    std::vector<std::string> live;
    auto text = root.read_text("/proc/modules", 4 << 20);
    if (!text) return live;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name, size, users, dependents, state;
        words >> name >> size >> users >> dependents >> state;
        if (name.starts_with("nvidia") && state == "Live") live.push_back(name);
    }
    std::ranges::sort(live);
    return live;
}

} // namespace

model::Kind kind_of_version_line(std::string_view line) {
    return line.contains("Open Kernel Module") ? model::Kind::Open : model::Kind::Proprietary;
}

std::string version_of_version_line(std::string_view line) {
    std::istringstream words{std::string(line)};
    for (std::string word; words >> word;)
        if (word.contains('.') && model::is_version(word)) return word;
    return "";
}

std::optional<model::LoadedDriver> read_loaded_driver(const Root& root) {
    model::LoadedDriver driver;
    driver.modules = live_modules(root);
    if (!std::ranges::binary_search(driver.modules, "nvidia")) return std::nullopt;
    const std::string line = first_line(root, "/proc/driver/nvidia/version");
    driver.version = version_of_version_line(line);
    if (driver.version.empty()) driver.version = first_line(root, "/sys/module/nvidia/version");
    driver.kind = kind_of_version_line(line);
    driver.srcversion = first_line(root, "/sys/module/nvidia/srcversion");
    return driver;
}

} // namespace gpuboot::input
