// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/containerd.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "input/containerd_edit.hpp"
#include "input/containerd_files.hpp"
#include "input/own_file.hpp"
#include "input/runtime_words.hpp"

namespace gpuboot::input {

namespace {

using namespace model;
using Files = std::vector<ContainerdFile>;

/// The name that the CRI plugin had in version 1.
constexpr std::string_view first_name = "cri";
constexpr std::string_view name_of_2 = "io.containerd.grpc.v1.cri";
constexpr std::string_view name_of_3 = "io.containerd.cri.v1.runtime";

/// A file that holds the plugin's table, which counts.
struct Holder {
    const ContainerdFile* file;
    const Node* table;
};

/// How this containerd reads the files.
struct Reading {
    bool merges = false; ///< 2.x
    std::int64_t version = 0;
    std::vector<Holder> holders; ///< the last one's word is the last
};

const Node* table_named(const ContainerdFile& file, std::initializer_list<std::string_view> names) {
    const Node* plugins = file.node.find("plugins");
    for (const std::string_view name : names)
        if (const Node* table = plugins ? plugins->find(name) : nullptr) return table;
    return nullptr;
}

/// 2.x migrates each file by itself (before 2.3 all together by the last version that one says):
/// the older name's table takes the newer one's place.
const Node* table_after_migration(const ContainerdFile& file) {
    const std::int64_t version = version_in_file(file);
    if (version >= 3) return table_named(file, {name_of_3});
    if (version == 2) return table_named(file, {name_of_2, name_of_3});
    return table_named(file, {name_of_2, first_name, name_of_3});
}

bool has_version_of_2_x(const Files& files) { // 1.x does not start with it
    return std::ranges::any_of(files, [](const auto& file) { return version_in_file(file) >= 3; });
}

bool is_of_2_x(const std::string& version) {
    int major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    return major >= 2;
}

/// Where nothing is configured version 2 does for either.
std::int64_t version_of(const Files& files) {
    std::int64_t version = 0;
    for (const ContainerdFile& file : files)
        if (version_in_file(file) != 0) version = version_in_file(file);
    if (version != 0) return version;
    const auto* main = std::get_if<Table>(&files.front().node.value);
    return files.size() == 1 && main && main->empty() ? 2 : 1;
}

Reading reading_of(const Files& files, bool merges) {
    Reading reading{merges, version_of(files), {}};
    for (const ContainerdFile& file : files) {
        const Node* table = merges
                                ? table_after_migration(file)
                                : table_named(file, {reading.version < 2 ? first_name : name_of_2});
        if (!table) continue;
        if (!merges) reading.holders.clear();
        reading.holders.push_back({&file, table});
    }
    return reading;
}

struct Word {
    const Node* value = nullptr;
    const ContainerdFile* file = nullptr;
};

/// What is said last under a key, or a key in tables below each other.
Word said(const Reading& reading, std::initializer_list<std::string_view> keys) {
    for (auto holder = reading.holders.rbegin(); holder != reading.holders.rend(); ++holder) {
        const Node* node = holder->table;
        for (const std::string_view key : keys)
            if (node) node = node->find(key);
        if (node) return {node, holder->file};
    }
    return {};
}

std::string text_said(const Reading& reading, std::initializer_list<std::string_view> keys) {
    const Node* value = said(reading, keys).value;
    const auto* text = value ? std::get_if<std::string>(&value->value) : nullptr;
    return text ? *text : "";
}

bool is_nvidias_by_default(const Reading& reading) {
    const std::string name = text_said(reading, {"containerd", "default_runtime_name"});
    if (name.empty()) return false;
    const std::string program =
        text_said(reading, {"containerd", "runtimes", name, "options", "BinaryName"});
    return is_nvidias_runtime(program);
}

bool is_disabled(const Files& files) {
    return std::ranges::any_of(files, [](const ContainerdFile& file) {
        return std::ranges::any_of(texts_in(file.node, "disabled_plugins"), [](const auto& name) {
            return name == first_name || name == name_of_2 || name == name_of_3;
        });
    });
}

bool is_ours(const ContainerdFile& file) {
    return file.path == containerd_drop_in && is_own_text(file.text);
}

/// Without our drop-in where another file has the table, too: what that says is what the operator
/// wants.
Files without_ours(const Files& files) {
    Files others;
    std::ranges::remove_copy_if(files, std::back_inserter(others), is_ours);
    return others;
}

/// No file has the table, or none could be covered: one of ours gets it.
std::vector<RuntimeFile> stand_beside(const Root& root, const ContainerdFile& main,
                                      std::int64_t version) {
    constexpr std::size_t limit = std::size_t{1} << 20;
    if (root.exists(containerd_drop_in)) {
        const auto text = root.read_text(containerd_drop_in, limit);
        if (!text || !is_own_text(*text)) return {}; // somebody made it theirs
    }
    auto text = with_import(main, version);
    if (!text) return {};
    std::vector<RuntimeFile> files{
        {std::string(containerd_drop_in), containerd_drop_in_text(version)}};
    if (*text != main.text) files.push_back({main.path, std::move(*text)});
    return files;
}

std::vector<RuntimeFile> with_cdi(const Root& root, const Files& files, const Reading& reading) {
    if (reading.holders.empty() || reading.merges)
        return stand_beside(root, files.front(), std::max<std::int64_t>(reading.version, 2));
    const ContainerdFile& holder = *reading.holders.back().file;
    auto text = with_cdi_in_table(holder, reading.version);
    return text ? std::vector{RuntimeFile{holder.path, std::move(*text)}}
                : std::vector<RuntimeFile>{};
}

void take_words(const Reading& reading, const ContainerdFile& main, RuntimeFacts& facts) {
    facts.said_in = reading.holders.empty() ? main.path : reading.holders.back().file->path;
    if (const Word folders = said(reading, {"cdi_spec_dirs"}); folders.value) {
        facts.folders = texts_of(*folders.value);
        facts.said_in = folders.file->path;
    }
    const Word cdi = said(reading, {"enable_cdi"});
    if (const auto* truth = cdi.value ? std::get_if<bool>(&cdi.value->value) : nullptr) {
        facts.cdi = *truth;
        facts.said_in = cdi.file->path;
    }
    facts.nvidia = is_nvidias_by_default(reading);
}

/// "" where the files leave nothing open: ours were written once the version was known.
std::string version_for(const Files& files, const AskVersion& ask) {
    if (has_version_of_2_x(files)) return "2.0"; // at least
    const auto has_table = [](const ContainerdFile& file) {
        return table_after_migration(file) != nullptr;
    };
    const auto holder = std::ranges::find_if(files, has_table);
    const bool alone = std::ranges::count_if(files, has_table) == 1;
    return alone && is_ours(*holder) ? "" : ask();
}

} // namespace

RuntimeFacts read_containerd(const Root& root, const AskVersion& ask) {
    RuntimeFacts facts{"containerd"};
    auto all = read_containerd_files(root);
    if (!all) return {"containerd", "", all.error().what};
    facts.unused = is_disabled(*all);
    if (facts.unused) return facts;
    facts.version = version_for(*all, ask);
    const bool merges = is_of_2_x(facts.version);
    Files files = without_ours(*all);
    Reading reading = reading_of(files, merges);
    const bool covers =
        !reading.holders.empty() &&
        std::ranges::any_of(reading_of(*all, merges).holders,
                            [](const Holder& holder) { return is_ours(*holder.file); });
    if (!covers) {
        files = std::move(*all);
        reading = reading_of(files, merges);
    }
    take_words(reading, files.front(), facts);
    if (reading.version < 2 && !merges && !facts.cdi) {
        facts.flaw =
            files.front().path + ": version: wanted 2, found " + std::to_string(reading.version);
        return facts;
    }
    // Merged, it says nothing new where nobody else says anything.
    if (covers && (!merges || facts.cdi || facts.folders))
        facts.uncovered = {{std::string(containerd_drop_in), containerd_drop_in_without_table()}};
    if (!facts.cdi) facts.with_cdi = with_cdi(root, files, reading);
    if (!facts.with_cdi.empty() && !merges)
        facts.with_cdi.insert(facts.with_cdi.end(), facts.uncovered.begin(), facts.uncovered.end());
    return facts;
}

} // namespace gpuboot::input
