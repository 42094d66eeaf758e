// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/confine.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/names.hpp"
#include "execute/build_unit.hpp"

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

std::string without_variables(const std::string& word) {
    std::string out;
    for (const char c : word)
        out += c == '$' ? "$$" : std::string(1, c);
    return out;
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

std::string Confinement::text() const {
    return unit ? "in a unit of its own" : "as a child without rights, in no unit: " + why;
}

Confinement choose_confinement(const Root& root, Effects& effects, const std::string& program) {
    Confinement confinement{program, root.directory(), find_build_user(root), false, ""};
    if (!root.is_system())
        confinement.why = "it is an offline tree's";
    else if (!can_run_units(root))
        confinement.why = "systemd or the bus does not run";
    else if (confinement.user == BuildUser{})
        confinement.why = "no user " + std::string(names::build_user);
    if (!confinement.why.empty()) return confinement;
    confinement.unit = true;
    auto tried =
        effects.run(confined(confinement, "/", "", {}, {"/bin/true"}, std::chrono::seconds(20)));
    if (tried && tried->succeeded()) return confinement;
    confinement.unit = false;
    confinement.why =
        tried ? tried->output.substr(0, tried->output.find('\n')) : tried.error().what;
    if (confinement.why.empty()) confinement.why = "systemd gave none";
    return confinement;
}

Tool confined(const Confinement& confinement, const std::string& directory,
              const std::string& writable, const std::vector<std::string>& environment,
              const std::vector<std::string>& argv, std::chrono::milliseconds deadline) {
    Tool tool;
    if (confinement.unit) tool.argv = build_unit(writable, deadline);
    tool.lifeline = confinement.unit;
    tool.argv.insert(tool.argv.end(),
                     {confinement.program, "--user", std::to_string(confinement.user.uid),
                      "--group", std::to_string(confinement.user.gid), "--root", confinement.root,
                      "--directory", directory});
    if (!writable.empty()) tool.argv.insert(tool.argv.end(), {"--writable", writable});
    if (confinement.unit) tool.argv.insert(tool.argv.end(), {"--walls", "given"});
    for (const std::string& variable : environment) {
        tool.argv.emplace_back("--setenv");
        tool.argv.push_back(variable);
    }
    tool.argv.emplace_back("--");
    tool.argv.insert(tool.argv.end(), argv.begin(), argv.end());
    // A unit's command has its variables replaced before it runs; these are for the shell in it.
    if (confinement.unit) std::ranges::transform(tool.argv, tool.argv.begin(), without_variables);
    tool.deadline = deadline;
    return tool;
}

} // namespace gpuboot::execute
