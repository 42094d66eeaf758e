// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/confine.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "base/names.hpp"

namespace gpuboot::execute {

namespace {

constexpr std::size_t passwd_limit = std::size_t{1} << 20;

/// Root's own ids, and anything that is no number, are nothing to compile with.
std::optional<unsigned> id_of(std::string_view text) {
    unsigned id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id == 0) return std::nullopt;
    return id;
}

/// name:password:uid:gid:...
std::optional<BuildUser> user_of(std::string_view line) {
    std::array<std::string_view, 4> fields;
    for (std::string_view& field : fields) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        field = line.substr(0, colon);
        line.remove_prefix(colon + 1);
    }
    const auto uid = id_of(fields[2]), gid = id_of(fields[3]);
    if (fields[0] != names::build_user || !uid || !gid) return std::nullopt;
    return BuildUser{*uid, *gid};
}

} // namespace

BuildUser find_build_user(const Root& root) {
    const auto text = root.read_text("/etc/passwd", passwd_limit);
    if (!text) return {};
    for (std::string_view rest = *text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        if (const auto user = user_of(line)) return *user;
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return {};
}

Tool confined(const Confinement& confinement, const std::string& directory,
              const std::vector<std::string>& environment, const std::vector<std::string>& argv,
              std::chrono::milliseconds deadline) {
    Tool tool;
    tool.argv = {confinement.program,
                 "--user",
                 std::to_string(confinement.user.uid),
                 "--group",
                 std::to_string(confinement.user.gid),
                 "--root",
                 confinement.root,
                 "--directory",
                 directory};
    for (const std::string& variable : environment) {
        tool.argv.emplace_back("--setenv");
        tool.argv.push_back(variable);
    }
    tool.argv.emplace_back("--");
    tool.argv.insert(tool.argv.end(), argv.begin(), argv.end());
    tool.deadline = deadline;
    return tool;
}

} // namespace gpuboot::execute
