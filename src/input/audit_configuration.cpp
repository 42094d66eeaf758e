// SPDX-License-Identifier: LGPL-2.1-or-later
// What has systemd, udev and modprobe start or load something of a driver without being asked:
// enabled units, rules, lines. Reads what each of them would read, and of that each file whole.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "input/audit_parts.hpp"
#include "input/module_files.hpp"
#include "input/search_path.hpp"

namespace gpuboot::input {

namespace {

using model::AuditClass;
using Folders = std::array<std::string_view, 5>;

constexpr Folders unit_folders{"/etc/systemd/system", "/run/systemd/system",
                               "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                               "/lib/systemd/system"};
constexpr Folders rule_folders{"/etc/udev/rules.d", "/run/udev/rules.d",
                               "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
                               "/lib/udev/rules.d"};
constexpr Folders modprobe_folders{"/etc/modprobe.d", "/run/modprobe.d",
                                   "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
                                   "/lib/modprobe.d"};
constexpr Folders load_folders{"/etc/modules-load.d", "/run/modules-load.d",
                               "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d",
                               "/lib/modules-load.d"};
constexpr std::size_t text_limit = std::size_t{1} << 20;
constexpr std::size_t told_limit = 120; // of a line: a rule may be a page long

std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Name of a unit to the units that pull it in.
using Wants = std::map<std::string, std::set<std::string>>;

/// One link pulls in the unit of its own name and, of an alias, that of its target's.
void add_wants(const Root& root, const std::string& folder, const std::vector<std::string>& names,
               Wants& wants) {
    const std::string name = base_of(folder);
    const std::string unit = name.substr(0, name.rfind('.'));
    for (const std::string& wanted : names) {
        const auto target = root.read_link(folder + "/" + wanted);
        // systemd takes nothing but links, and one to /dev/null for none.
        if (!target || target->empty() || target->ends_with("/dev/null")) continue;
        wants[wanted].insert(unit);
        wants[base_of(*target)].insert(unit);
    }
}

Result<Wants> read_wants(const Root& root) {
    const auto folders = distinct_folders(root, unit_folders);
    if (!folders) return forward(folders.error());
    Wants wants;
    for (const std::string& folder : *folders) {
        const auto names = names_in(root, folder);
        if (!names) return forward(names.error());
        for (const std::string& name : *names) {
            if (!name.ends_with(".wants") && !name.ends_with(".requires")) continue;
            const auto wanted = names_in(root, folder + "/" + name);
            if (!wanted) return forward(wanted.error());
            add_wants(root, folder + "/" + name, *wanted, wants);
        }
    }
    return wants;
}

std::string wanting(const Wants& wants, const std::string& unit) {
    const auto wanted = wants.find(unit);
    if (wanted == wants.end()) return "";
    std::string text;
    for (const std::string& by : wanted->second)
        text += (text.empty() ? "wanted by " : ", ") + by;
    return text;
}

/// As modprobe joins them: a line that ends with a backslash goes on in the next one.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    bool goes_on = false;
    std::istringstream rest(text);
    for (std::string line; std::getline(rest, line);) {
        if (!goes_on) lines.emplace_back();
        lines.back() += line;
        goes_on = lines.back().ends_with('\\');
        if (goes_on) lines.back().back() = ' ';
    }
    return lines;
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream rest(line);
    std::vector<std::string> words;
    for (std::string word; rest >> word;)
        words.push_back(std::move(word));
    if (!words.empty() && (words[0].starts_with('#') || words[0].starts_with(';'))) words.clear();
    return words;
}

bool names_module(const std::vector<std::string>& words) {
    return std::ranges::any_of(
        words, [](const std::string& word) { return is_driver_module(base_of(word)); });
}

/// modprobe.d(5). What keeps the driver from being loaded is none of it; what keeps nouveau from
/// it, an installer of the driver left.
bool is_modprobe_line(const std::string& line) {
    const auto words = words_of(line);
    if (words.size() < 2) return false;
    if (words[0] == "blacklist") return words[1] == "nouveau";
    if (words[0] == "alias" && words.back() == "off") return false;
    if (words[0] == "install" && words.size() == 3) {
        const std::string command = base_of(words[2]);
        if (command == "false" || command == "true") return false;
    }
    return names_module(words);
}

bool is_load_line(const std::string& line) { return names_module(words_of(line)); }

bool is_rule_line(const std::string& line) {
    return !words_of(line).empty() && line.contains("nvidia");
}

/// The files of one name each that have such a line; the first one is told.
Result<void> audit_lines(const Root& root, const Folders& folders, std::string_view ending,
                         bool (*counts)(const std::string&), AuditClass kind, Findings& findings) {
    const auto files = effective_files(root, folders);
    if (!files) return forward(files.error());
    for (const auto& [name, path] : *files) {
        if (!name.ends_with(ending) || is_own_file(name)) continue;
        const auto text = root.read_text(path, text_limit);
        if (!text) return forward(text.error());
        const auto lines = lines_of(*text);
        const auto line = std::ranges::find_if(lines, counts);
        if (line == lines.end()) continue;
        const bool cut = line->size() > told_limit;
        findings.push_back({kind, path, line->substr(0, told_limit) + (cut ? "..." : ""), ""});
    }
    return {};
}

} // namespace

Result<void> audit_units(const Root& root, Findings& findings) {
    const auto units = effective_files(root, unit_folders);
    if (!units) return forward(units.error());
    const auto wants = read_wants(root);
    if (!wants) return forward(wants.error());
    for (const auto& [name, path] : *units) {
        if (is_own_file(name) || !(name.starts_with("nvidia") || name.contains("dcgm"))) continue;
        if (const auto by = wanting(*wants, name); !by.empty())
            findings.push_back({AuditClass::Unit, path, by, ""});
    }
    return {};
}

Result<void> audit_udev(const Root& root, Findings& findings) {
    return audit_lines(root, rule_folders, ".rules", is_rule_line, AuditClass::Udev, findings);
}

Result<void> audit_modprobe(const Root& root, Findings& findings) {
    if (auto looked = audit_lines(root, modprobe_folders, ".conf", is_modprobe_line,
                                  AuditClass::Modprobe, findings);
        !looked)
        return looked;
    return audit_lines(root, load_folders, ".conf", is_load_line, AuditClass::Modprobe, findings);
}

} // namespace gpuboot::input
