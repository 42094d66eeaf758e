// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/containerd_edit.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "input/own_file.hpp"

namespace gpuboot::input {

namespace {

constexpr std::string_view drop_ins = "/etc/containerd/conf.d/gpuboot*.toml";
constexpr std::string_view on = "enable_cdi = true\n";
constexpr std::string_view settings = "enable_cdi = true\n"
                                      "cdi_spec_dirs = [\"/etc/cdi\", \"/var/run/cdi\"]\n";

const Node* plugin_in(const Node& node, std::int64_t version) {
    const Node* plugins = node.find("plugins");
    return plugins ? plugins->find(cri_plugin_of(version)) : nullptr;
}

/// Everything but what may be added, so that two trees can be compared.
std::string others_of(Node node, std::int64_t version) {
    auto& top = std::get<Table>(node.value);
    for (Member& member : top) {
        if (member.key != "plugins" || !std::holds_alternative<Table>(member.node.value)) continue;
        auto& plugins = std::get<Table>(member.node.value);
        for (Member& plugin : plugins)
            if (plugin.key == cri_plugin_of(version))
                if (auto* keys = std::get_if<Table>(&plugin.node.value))
                    std::erase_if(*keys, [](const Member& key) {
                        return key.key == "enable_cdi" || key.key == "cdi_spec_dirs";
                    });
    }
    std::erase_if(top, [](const Member& member) { return member.key == "imports"; });
    return to_json(node);
}

/// Whether a file that was edited as text is what it was, with its imports in their order.
bool keeps(const ContainerdFile& before, const Node& after, std::int64_t version) {
    if (others_of(after, version) != others_of(before.node, version)) return false;
    const auto had = texts_in(before.node, "imports"), has = texts_in(after, "imports");
    return has.size() >= had.size() && std::equal(had.begin(), had.end(), has.begin());
}

std::size_t begin_of_line(std::string_view text, int line) {
    std::size_t at = 0;
    for (; line > 1 && at != std::string_view::npos; --line)
        at = text.find('\n', at) + 1;
    return at;
}

/// Behind the closing quote of a string that begins there, or npos; a string of several lines is
/// none that is written plainly.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (++at; at < text.size() && text[at] != '\n'; ++at) {
        if (quote == '"' && text[at] == '\\')
            ++at;
        else if (text[at] == quote)
            return at + 1;
    }
    return std::string_view::npos;
}

/// Where a list of strings takes one more, behind its last entry or comma; npos where it is no such
/// list. `at` is behind its bracket.
std::size_t end_of_entries(std::string_view text, std::size_t at) {
    for (std::size_t last = at; at < text.size();) {
        const char c = text[at];
        if (c == ']') return last;
        if (c == '#') {
            at = text.find('\n', at);
        } else if (c == '"' || c == '\'') {
            at = last = end_of_string(text, at);
        } else {
            if (c == ',') last = at + 1;
            ++at;
        }
    }
    return std::string_view::npos;
}

/// The list of imports with the drop-ins as its last entry.
std::optional<std::string> with_entry(const ContainerdFile& main, const Node& imports) {
    const auto key = begin_of_line(main.text, imports.line);
    const auto sign = main.text.find('=', key);
    const auto bracket =
        main.text.find_first_not_of(" \t", sign == std::string::npos ? sign : sign + 1);
    if (bracket == std::string::npos || main.text[bracket] != '[') return {};
    const auto at = end_of_entries(main.text, bracket + 1);
    if (at == std::string::npos) return {};
    const char before = main.text[at - 1];
    const std::string_view between = before == '[' ? "" : before == ',' ? " " : ", ";
    return main.text.substr(0, at) + std::string(between) + "\"" + std::string(drop_ins) + "\"" +
           main.text.substr(at);
}

/// Top-level keys come before any table.
std::optional<std::string> import_added(const ContainerdFile& main, std::int64_t version) {
    const std::string line = "imports = [\"" + std::string(drop_ins) + "\"]\n";
    if (std::get<Table>(main.node.value).empty())
        return "version = " + std::to_string(version) + "\n" + line + main.text;
    if (const Node* imports = main.node.find("imports")) return with_entry(main, *imports);
    const Node* said = main.node.find("version");
    const auto end =
        said ? main.text.find('\n', begin_of_line(main.text, said->line)) : std::string::npos;
    if (end == std::string::npos) return line + main.text;
    return main.text.substr(0, end + 1) + line + main.text.substr(end + 1);
}

/// A pattern that is relative is relative to another folder for an older containerd, and does not
/// count.
bool is_imported(const Node& main) {
    return std::ranges::any_of(texts_in(main, "imports"), [](const std::string& import) {
        return import.starts_with('/') &&
               ::fnmatch(import.c_str(), std::string(containerd_drop_in).c_str(), FNM_PATHNAME) ==
                   0;
    });
}

/// The keys in the table's own place: below its header, or, where only tables below it have one,
/// with a header of its own before the first of those. "" where neither is written plainly.
std::string add_to_table(const std::string& text, std::int64_t version, std::string_view keys) {
    for (const char quote : {'"', '\''}) {
        const std::string name =
            std::string("[plugins.") + quote + std::string(cri_plugin_of(version)) + quote;
        for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
            const auto first = text.find_first_not_of(" \t", at);
            const std::string_view line =
                std::string_view(text).substr(std::min(first, text.size()));
            if (line.starts_with(name + "]")) {
                const auto end = text.find('\n', at);
                if (end == std::string::npos) return text + "\n" + std::string(keys);
                return text.substr(0, end + 1) + std::string(keys) + text.substr(end + 1);
            }
            if (line.starts_with(name + "."))
                return text.substr(0, at) + name + "]\n" + std::string(keys) + "\n" +
                       text.substr(at);
            if (text.find('\n', at) == std::string::npos) break;
        }
    }
    return "";
}

} // namespace

std::string_view cri_plugin_of(std::int64_t version) {
    return version >= 3 ? "io.containerd.cri.v1.runtime" : "io.containerd.grpc.v1.cri";
}

std::string containerd_drop_in_text(std::int64_t version) {
    return own_text("[plugins.\"" + std::string(cri_plugin_of(version)) + "\"]\n" +
                    std::string(settings));
}

std::string containerd_drop_in_without_table() {
    return own_text("# Another file has the CRI plugin's table, which one here would replace.\n");
}

std::optional<std::string> with_import(const ContainerdFile& main, std::int64_t version) {
    if (is_imported(main.node)) return main.text;
    auto text = import_added(main, version);
    const auto node = text ? parse_lenient_toml(*text, main.path) : fail(Errc::BadInput, "");
    if (!node || !is_imported(*node)) return {};
    const bool was_empty = std::get<Table>(main.node.value).empty();
    if (!was_empty && !keeps(main, *node, version)) return {};
    return text;
}

std::optional<std::string> with_cdi_in_table(const ContainerdFile& holder, std::int64_t version) {
    const Node* table = plugin_in(holder.node, version);
    if (!table) return {};
    std::string text =
        add_to_table(holder.text, version, table->find("cdi_spec_dirs") ? on : settings);
    const auto node = parse_lenient_toml(text, holder.path);
    const Node* plugin = node ? plugin_in(*node, version) : nullptr;
    if (!plugin || !plugin->find("enable_cdi") || !keeps(holder, *node, version)) return {};
    return text;
}

} // namespace gpuboot::input
