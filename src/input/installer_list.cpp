// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/installer_list.hpp"

#include <algorithm>

#include "input/file_entry.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

constexpr std::string_view list_path = "/var/lib/nvidia/log";
constexpr std::string_view default_log = "/var/log/nvidia-installer.log";
constexpr std::size_t list_limit = std::size_t{16} << 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// nvidia-installer-1747212345.log
bool is_log_of_aks_gpu(std::string_view name) {
    constexpr std::string_view beginning = "nvidia-installer-", end = ".log";
    if (!name.starts_with(beginning) || !name.ends_with(end)) return false;
    name.remove_prefix(beginning.size());
    name.remove_suffix(end.size());
    return !name.empty() && std::ranges::all_of(name, is_digit);
}

/// "1.0-5351610 (535.161.0)"; the first installers wrote the first word alone.
std::string version_in(std::string_view line) {
    const auto open = line.find('('), close = line.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return "";
    const std::string_view version = line.substr(open + 1, close - open - 1);
    return model::is_version(version) ? std::string(version) : "";
}

/// "1: /usr/bin/nvidia-smi"; the lines between tell sums, targets and owners.
std::string_view path_in(std::string_view line) {
    const auto colon = line.find(": /");
    if (colon == std::string_view::npos || colon == 0 ||
        !std::ranges::all_of(line.substr(0, colon), is_digit))
        return "";
    return line.substr(colon + 2);
}

Result<void> read_lines(std::string_view text, InstallerList& list) {
    list.present = true;
    const std::string path(list_path);
    if (text.contains('\0')) return fail(Errc::BadInput, path + ": holds a NUL byte");
    if (!text.ends_with('\n')) return fail(Errc::BadInput, path + ": has no newline at its end");
    for (int number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        if (number == 1)
            list.version = version_in(line);
        else if (const auto file = path_in(line); !file.empty())
            list.paths.insert(merged(file));
    }
    return {};
}

} // namespace

Result<InstallerList> read_installer_list(const Root& root, const std::string& marked) {
    InstallerList list;
    auto text = root.read_text(list_path, list_limit);
    if (!text && text.error().code != Errc::NotFound) return forward(std::move(text).error());
    if (text)
        if (auto read = read_lines(*text, list); !read) return forward(std::move(read).error());
    const bool by_a_person = root.status(default_log).has_value();
    list.lost = by_a_person && !list.present;
    const auto logs = root.list("/var/log", 65'536).value_or(std::vector<std::string>{});
    const bool by_aks_gpu =
        std::ranges::any_of(logs, is_log_of_aks_gpu) || (!marked.empty() && marked == list.version);
    list.of_aks_gpu = list.present && !by_a_person && by_aks_gpu;
    return list;
}

} // namespace gpuboot::input
