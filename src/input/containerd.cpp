// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/containerd.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "base/document.hpp"
#include "input/path_pattern.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::string_view main_file = "/etc/containerd/config.toml";
constexpr std::string_view drop_in = "/etc/containerd/conf.d/gpuboot.toml";
constexpr std::string_view drop_ins = "/etc/containerd/conf.d/gpuboot*.toml";
constexpr std::size_t file_limit = std::size_t{1} << 20;
constexpr std::string_view on = "enable_cdi = true\n";
constexpr std::string_view settings = "enable_cdi = true\n"
                                      "cdi_spec_dirs = [\"/etc/cdi\", \"/var/run/cdi\"]\n";

struct File {
    std::string path, text;
    Node node = Table{};
};

std::int64_t version_of(const Node& node) {
    const Node* version = node.find("version");
    const auto* number = version ? std::get_if<std::int64_t>(&version->value) : nullptr;
    return number ? *number : 1;
}

std::string_view plugin_of(std::int64_t version) {
    return version >= 3 ? "io.containerd.cri.v1.runtime" : "io.containerd.grpc.v1.cri";
}

const Node* plugin_in(const Node& node, std::int64_t version) {
    const Node* plugins = node.find("plugins");
    return plugins ? plugins->find(plugin_of(version)) : nullptr;
}

std::vector<std::string> texts_in(const Node& node, std::string_view key) {
    std::vector<std::string> texts;
    const Node* list = node.find(key);
    const auto* array = list ? std::get_if<Array>(&list->value) : nullptr;
    for (const Node& entry : array ? *array : Array{})
        if (const auto* text = std::get_if<std::string>(&entry.value)) texts.push_back(*text);
    return texts;
}

Result<File> read_file(const Root& root, const std::string& path) {
    auto text = root.read_text(path, file_limit);
    if (!text) return forward(std::move(text).error());
    auto node = parse_lenient_toml(*text, path);
    if (!node) return forward(std::move(node).error());
    return File{path, std::move(*text), std::move(*node)};
}

/// Relative patterns are relative to the main file's folder.
Result<std::vector<File>> read_imports(const Root& root, const Node& main) {
    std::vector<File> files;
    for (std::string pattern : texts_in(main, "imports")) {
        if (!pattern.starts_with('/')) pattern = "/etc/containerd/" + pattern;
        for (const std::string& path : matches(root, pattern)) {
            auto file = read_file(root, path);
            if (!file) return forward(std::move(file).error());
            files.push_back(std::move(*file));
        }
    }
    return files;
}

/// The two keys in the table's own place: below its header, or, where only tables below it have
/// one, with a header of its own before the first of those. "" where neither is written plainly.
std::string add_to_table(const std::string& text, std::int64_t version, std::string_view settings) {
    for (const char quote : {'"', '\''}) {
        const std::string name =
            std::string("[plugins.") + quote + std::string(plugin_of(version)) + quote;
        for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
            const auto first = text.find_first_not_of(" \t", at);
            const std::string_view line =
                std::string_view(text).substr(std::min(first, text.size()));
            if (line.starts_with(name + "]")) {
                const auto end = text.find('\n', at);
                if (end == std::string::npos) return text + "\n" + std::string(settings);
                return text.substr(0, end + 1) + std::string(settings) + text.substr(end + 1);
            }
            if (line.starts_with(name + "."))
                return text.substr(0, at) + name + "]\n" + std::string(settings) + "\n" +
                       text.substr(at);
            if (text.find('\n', at) == std::string::npos) break;
        }
    }
    return "";
}

/// A file with a further import. Top-level keys come before any table.
std::string add_import(const File& main, std::int64_t version) {
    const std::string line = "imports = [\"" + std::string(drop_ins) + "\"]\n";
    if (main.text.empty()) return "version = " + std::to_string(version) + "\n" + line;
    if (!main.node.find("imports")) {
        const auto at = main.text.find("version");
        const auto end = at == std::string::npos ? at : main.text.find('\n', at);
        if (end == std::string::npos) return line + main.text;
        return main.text.substr(0, end + 1) + line + main.text.substr(end + 1);
    }
    const auto key = main.text.find("imports");
    const auto close = main.text.find(']', key);
    if (close == std::string::npos) return "";
    const bool alone = texts_in(main.node, "imports").empty();
    return main.text.substr(0, close) + (alone ? "" : ", ") + "\"" + std::string(drop_ins) + "\"" +
           main.text.substr(close);
}

/// Everything but what was added, so that two trees can be compared.
std::string others_of(Node node, std::int64_t version) {
    auto& top = std::get<Table>(node.value);
    for (Member& member : top) {
        if (member.key != "plugins" || !std::holds_alternative<Table>(member.node.value)) continue;
        auto& plugins = std::get<Table>(member.node.value);
        for (Member& plugin : plugins)
            if (plugin.key == plugin_of(version))
                if (auto* keys = std::get_if<Table>(&plugin.node.value))
                    std::erase_if(*keys, [](const Member& key) {
                        return key.key == "enable_cdi" || key.key == "cdi_spec_dirs";
                    });
    }
    std::erase_if(top, [](const Member& member) { return member.key == "imports"; });
    return to_json(node);
}

/// Whether a file that was edited as text is what it was, and what it should be.
bool holds(const File& before, const std::string& after, std::int64_t version) {
    const auto node = parse_lenient_toml(after, before.path);
    if (!node || others_of(*node, version) != others_of(before.node, version)) return false;
    const auto had = texts_in(before.node, "imports"), has = texts_in(*node, "imports");
    return std::ranges::all_of(had, [&](const std::string& import) {
        return std::ranges::find(has, import) != has.end();
    });
}

/// The table has its file; empty when it cannot be added to.
std::vector<RuntimeFile> add_to(const File& holder, std::int64_t version) {
    const Node* table = plugin_in(holder.node, version);
    std::string text =
        add_to_table(holder.text, version, table->find("cdi_spec_dirs") ? on : settings);
    const auto node = parse_lenient_toml(text, holder.path);
    const Node* plugin = node ? plugin_in(*node, version) : nullptr;
    if (!plugin || !plugin->find("enable_cdi") || !holds(holder, text, version)) return {};
    return {{holder.path, std::move(text)}};
}

bool covers(std::string pattern) {
    if (!pattern.starts_with('/')) pattern = "/etc/containerd/" + pattern;
    return ::fnmatch(pattern.c_str(), std::string(drop_in).c_str(), FNM_PATHNAME) == 0;
}

/// No file has the table: one of ours gets it, and the main file imports that.
std::vector<RuntimeFile> stand_beside(const File& main, std::int64_t version) {
    const std::string header = "# Written by gpuboot.\nversion = " + std::to_string(version) +
                               "\n\n[plugins.\"" + std::string(plugin_of(version)) + "\"]\n";
    std::vector<RuntimeFile> files{{std::string(drop_in), header + std::string(settings)}};
    if (std::ranges::any_of(texts_in(main.node, "imports"), covers)) return files;
    std::string text = add_import(main, version);
    const auto node = parse_lenient_toml(text, main.path);
    const bool whole = node && (main.text.empty() || holds(main, text, version));
    if (!whole || std::ranges::none_of(texts_in(*node, "imports"), covers)) return {};
    files.push_back({main.path, std::move(text)});
    return files;
}

} // namespace

RuntimeFacts read_containerd(const Root& root) {
    RuntimeFacts facts{"containerd"};
    File main{std::string(main_file), "", Table{{"version", 2}}};
    if (root.exists(main_file)) {
        auto file = read_file(root, main.path);
        if (!file) return {"containerd", "", file.error().what};
        main = std::move(*file);
    }
    const std::int64_t version = version_of(main.node);
    for (const std::string& disabled : texts_in(main.node, "disabled_plugins"))
        if (disabled == "cri" || disabled == plugin_of(version)) facts.unused = true;
    if (facts.unused) return facts;
    if (version < 2) return {"containerd", "", main.path + ": version: wanted 2 or 3, found 1"};
    auto files = read_imports(root, main.node);
    if (!files) return {"containerd", "", files.error().what};
    files->insert(files->begin(), main);
    facts.said_in = main.path;
    const File* holder = nullptr;
    for (const File& file : *files)
        if (plugin_in(file.node, version)) holder = &file;
    if (holder) {
        facts.said_in = holder->path;
        const Node* plugin = plugin_in(holder->node, version);
        const Node* cdi = plugin->find("enable_cdi");
        if (const auto* truth = cdi ? std::get_if<bool>(&cdi->value) : nullptr) facts.cdi = *truth;
        facts.folders = texts_in(*plugin, "cdi_spec_dirs");
    }
    if (!facts.cdi)
        facts.with_cdi = holder ? add_to(*holder, version) : stand_beside(main, version);
    return facts;
}

} // namespace gpuboot::input
