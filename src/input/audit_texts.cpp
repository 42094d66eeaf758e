// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/audit_texts.hpp"

#include <algorithm>
#include <sstream>

#include "input/module_files.hpp"
#include "input/path_pattern.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t list_limit = std::size_t{16} << 20;
constexpr std::size_t text_limit = std::size_t{1} << 20;
constexpr std::size_t longest_shown = 120;

/// Calls `wanted` with each line's words; gives the first line for which it holds.
template <class Wanted> std::string first_line(const std::string& text, Wanted wanted) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words_of(line);
        std::vector<std::string> words;
        for (std::string word; words.size() < 64 && words_of >> word;)
            words.push_back(std::move(word));
        if (!words.empty() && wanted(words)) return line.substr(0, longest_shown);
    }
    return "";
}

bool is_driver_module(const std::string& name) {
    return is_driver_file(name + ".ko") || is_driver_file(name);
}

/// "install nvidia /bin/false" loads nothing.
bool refuses(const std::vector<std::string>& words) {
    return words.size() >= 3 && (words[2].ends_with("/false") || words[2].ends_with("/true"));
}

bool is_live(const std::vector<std::string>& words) {
    const std::string& verb = words.front();
    if (verb.starts_with('#')) return false;
    if (verb == "blacklist") return words.size() > 1 && words[1] == "nouveau";
    if (verb == "alias") return words.size() > 2 && is_driver_module(words[2]);
    if (verb == "install") return words.size() > 1 && is_driver_module(words[1]) && !refuses(words);
    if (verb == "options" || verb == "softdep")
        return words.size() > 1 && is_driver_module(words[1]);
    return words.size() == 1 && is_driver_module(verb); // modules-load.d
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

} // namespace

std::string driver_line(const Root& root, const std::string& path) {
    const auto text = root.read_text(path, list_limit);
    if (!text) return "";
    return first_line(*text, [](const std::vector<std::string>& words) {
        if (words.front() == "alias") return is_driver_module(words.back());
        const std::string file = words.front().substr(0, words.front().find(':'));
        return words.front().ends_with(':') && is_driver_file(name_of(file));
    });
}

std::string live_setting(const std::string& text) { return first_line(text, is_live); }

std::vector<Finding> read_live_texts(const Root& root) {
    std::vector<Finding> found;
    const auto each = [&](std::initializer_list<std::string_view> patterns, auto look) {
        for (std::string_view pattern : patterns)
            for (const std::string& path : matches(root, pattern))
                if (const auto text = root.read_text(path, text_limit)) look(path, *text);
    };
    each({"/etc/modprobe.d/*.conf", "/usr/lib/modprobe.d/*.conf", "/run/modprobe.d/*.conf",
          "/etc/modules-load.d/*.conf", "/usr/lib/modules-load.d/*.conf", "/etc/modules"},
         [&](const std::string& path, const std::string& text) {
             if (std::string line = live_setting(text); !line.empty())
                 found.push_back({AuditClass::Modprobe, path, std::move(line)});
         });
    each(
        {"/etc/udev/rules.d/*.rules", "/usr/lib/udev/rules.d/*.rules", "/run/udev/rules.d/*.rules"},
        [&](const std::string& path, const std::string& text) {
            if (name_of(path) == "70-gpuboot.rules") return;
            std::string line = first_line(text, [](const std::vector<std::string>& words) {
                return !words.front().starts_with('#') &&
                       std::ranges::any_of(
                           words, [](const std::string& word) { return word.contains("nvidia"); });
            });
            if (!line.empty()) found.push_back({AuditClass::Udev, path, std::move(line)});
        });
    each({"/etc/cdi/*", "/run/cdi/*"}, [&](const std::string& path, const std::string& text) {
        if (text.contains("nvidia.com/")) found.push_back({AuditClass::Cdi, path});
    });
    return found;
}

} // namespace gpuboot::input
