// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/runtimes.hpp"

#include <algorithm>
#include <array>

#include "base/document.hpp"
#include "base/process.hpp"
#include "input/containerd.hpp"
#include "input/own_file.hpp"
#include "input/path_pattern.hpp"
#include "input/runtime_words.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::string_view daemon_json = "/etc/docker/daemon.json";
constexpr std::string_view crio_drop_in = "/etc/crio/crio.conf.d/99-gpuboot.conf";
constexpr std::string_view our_folder = "/var/run/cdi";
constexpr std::size_t file_limit = std::size_t{1} << 20;
constexpr std::chrono::seconds tool_deadline{5};

struct Program {
    std::string_view name;
    std::array<std::string_view, 3> paths;
    RuntimeFacts (*read)(const Root&, const AskVersion&);
};

constexpr std::array<Program, 3> programs{
    {{"containerd", {"/usr/bin/containerd", "/usr/local/bin/containerd"}, read_containerd},
     {"docker",
      {"/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"},
      [](const Root& root, const AskVersion&) { return read_docker(root); }},
     {"crio", {"/usr/bin/crio", "/usr/local/bin/crio"}, [](const Root& root, const AskVersion&) {
          return read_crio(root);
      }}}};

/// A member that is a table, made where there is none; null where it is something else.
Table* table_in(Table& table, std::string_view key) {
    auto member = std::ranges::find(table, key, &Member::key);
    if (member == table.end())
        member = table.insert(table.end(), Member{std::string(key), Table{}});
    return std::get_if<Table>(&member->node.value);
}

/// With features.cdi; "" where "features" is no object.
std::string switched_on(Node node) {
    auto* top = std::get_if<Table>(&node.value);
    Table* features = top ? table_in(*top, "features") : nullptr;
    if (!features) return "";
    features->push_back({"cdi", true});
    return to_json(node) + "\n";
}

std::string said_by(std::string_view program) {
    const auto ran =
        run_tool({{std::string(program), "--version"}, Tool{}.environment, tool_deadline, {}});
    return ran && ran->succeeded() ? ran->output : "";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A runtime's "path" may be a name alone.
bool is_nvidias_by_default(const Node& daemon) {
    const Node* runtimes = daemon.find("runtimes");
    const Node* runtime = runtimes ? runtimes->find(daemon.text("default-runtime")) : nullptr;
    return runtime && is_nvidias_runtime(runtime->text("path"));
}

std::string crio_text(const std::vector<std::string>& folders) {
    std::string text = "[crio.runtime]\ncdi_spec_dirs = [";
    for (const std::string& folder : folders)
        text += "\"" + folder + "\", ";
    return own_text(text + "\"" + std::string(our_folder) + "\"]\n");
}

} // namespace

std::string version_in(std::string_view said) {
    for (std::size_t at = 0; at < said.size(); ++at) {
        const bool begins = at == 0 || said[at - 1] == ' ' || said[at - 1] == 'v';
        if (!begins || !is_digit(said[at])) continue;
        const auto end = std::min(said.find_first_not_of("0123456789.", at), said.size());
        const std::string_view version = said.substr(at, end - at);
        if (version.contains('.') && is_digit(version.back())) return std::string(version);
    }
    return "";
}

RuntimeFacts read_docker(const Root& root) {
    RuntimeFacts facts{"docker"};
    Node node = Table{};
    const std::string path(daemon_json);
    if (root.exists(path)) {
        auto text = root.read_text(path, file_limit);
        auto read = text ? parse_json(*text) : forward(text.error());
        if (!read) return {"docker", "", path + ": " + read.error().what};
        if (!std::holds_alternative<Table>(read->value))
            return {"docker", "", path + ": wanted an object"};
        node = std::move(*read);
    }
    const Node* features = node.find("features");
    const Node* cdi = features ? features->find("cdi") : nullptr;
    if (const auto* truth = cdi ? std::get_if<bool>(&cdi->value) : nullptr) facts.cdi = *truth;
    if (facts.cdi) facts.said_in = path;
    // An empty list is the default to Docker, and [""] is none.
    if (const Node* folders = node.find("cdi-spec-dirs"); folders && !texts_of(*folders).empty()) {
        facts.folders = texts_of(*folders);
        std::erase(*facts.folders, "");
        facts.said_in = path;
    }
    facts.nvidia = is_nvidias_by_default(node);
    if (std::string text = cdi ? "" : switched_on(std::move(node)); !text.empty())
        facts.with_cdi = {{path, std::move(text)}};
    return facts;
}

RuntimeFacts read_crio(const Root& root) {
    RuntimeFacts facts{"crio"};
    facts.cdi = true;
    std::vector<std::string> files = matches(root, "/etc/crio/crio.conf.d/*");
    files.insert(files.begin(), "/etc/crio/crio.conf");
    for (const std::string& path : files) {
        if (!root.exists(path)) continue;
        auto text = root.read_text(path, file_limit);
        auto node = text ? parse_lenient_toml(*text, path) : forward(text.error());
        if (!node) return {"crio", "", node.error().what};
        const Node* crio = node->find("crio");
        const Node* runtime = crio ? crio->find("runtime") : nullptr;
        const Node* folders = runtime ? runtime->find("cdi_spec_dirs") : nullptr;
        if (!folders) continue;
        facts.folders = texts_of(*folders);
        facts.said_in = path;
    }
    // Files count in the order of their names: behind a later one, or again, ours would say
    // nothing.
    if (facts.said_in < crio_drop_in)
        facts.with_cdi = {{std::string(crio_drop_in),
                           crio_text(facts.folders.value_or(std::vector<std::string>{}))}};
    return facts;
}

std::vector<RuntimeFacts> read_runtimes(const Root& root, const std::vector<std::string>& names) {
    std::vector<RuntimeFacts> runtimes;
    for (const Program& program : programs) {
        if (std::ranges::find(names, program.name) == names.end()) continue;
        const auto path = std::ranges::find_if(
            program.paths, [&](auto path) { return !path.empty() && root.exists(path); });
        if (path == program.paths.end()) continue;
        const auto ask = [&] { return root.is_system() ? version_in(said_by(*path)) : ""; };
        RuntimeFacts facts = program.read(root, ask);
        if (facts.unused) continue;
        if (facts.flaw.empty() && !facts.cdi && facts.version.empty()) facts.version = ask();
        runtimes.push_back(std::move(facts));
    }
    return runtimes;
}

} // namespace gpuboot::input
