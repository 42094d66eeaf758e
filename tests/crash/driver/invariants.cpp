// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/invariants.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "driver/operations.hpp"
#include "driver/played.hpp"
#include "execute/fitness.hpp"
#include "input/store.hpp"

namespace gpuboot::crash {

namespace {

namespace fs = std::filesystem;

std::string own_sha256(const std::string& text) {
    std::array<unsigned char, 32> sum{};
    EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_sha256(), nullptr);
    std::string hex;
    for (unsigned char byte : sum) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", byte);
        hex += two;
    }
    return hex;
}

/// `key = "value"` or `key = 'value'` or `key = number`; "" when the line is another one.
std::string value_of(const std::string& line, const std::string& key) {
    const auto at = line.find_first_not_of(' ');
    if (at == std::string::npos || line.compare(at, key.size() + 3, key + " = ") != 0) return "";
    std::string value = line.substr(at + key.size() + 3);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
        value = value.substr(1, value.size() - 2);
    return value;
}

/// ".name.123": what replaces a file before it has its name.
bool is_temporary(const std::string& name) {
    const auto dot = name.rfind('.');
    return name.starts_with('.') && dot != 0 && dot + 1 < name.size() &&
           name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
}

std::string leftover(const Tree& tree) {
    const std::string store(names::store);
    for (const std::string& name : tree.names(store))
        if (name.starts_with(".new-") || name.starts_with(".del-"))
            return "V4: " + store + "/" + name + " is still there";
    const std::string answers = tree.read(std::string(names::kept_answers));
    if (!answers.empty() && !unseal(answers))
        return "V4: kept answers that do not prove themselves";
    if (!tree.names(std::string(names::build_directory)).empty()) return "V4: a build folder";
    for (const std::string folder : {"/var/lib/gpuboot", "/run/gpuboot"}) {
        if (!fs::exists(tree.outside(folder))) continue;
        for (const auto& [path, content] : Tree(tree.outside(folder)).content())
            if (is_temporary(path.substr(path.rfind('/') + 1)))
                return "V4: temporary file " + folder + path;
    }
    return "";
}

/// The judgement of a boot, and our own reading of the same files.
std::string flaw_of(const Tree& tree, const Root& root, const std::string& id) {
    const std::string folder = execute::bake_path(id);
    const auto bake = input::read_one(root, folder, id, {}).bakes.front();
    if (!bake.marker.value) return "its marker does not parse: " + bake.marker.flaw;
    const std::string judged = execute::unfit(root, folder, *bake.marker.value);
    const std::string seen = flaw_by_own_eyes(tree, folder);
    if (judged.empty() != seen.empty())
        return "gpuboot says \"" + judged + "\", a second reading \"" + seen + "\"";
    return judged;
}

std::string wrong_bake(const Tree& tree, const Root& root, const Allowed& allowed) {
    const auto there = visible(tree);
    for (const std::string& id : allowed.must)
        if (!there.contains(id)) return "V2: " + id + " is gone";
    for (const std::string& id : there) {
        const bool damaged = allowed.damaged.contains(id);
        if (!allowed.must.contains(id) && !allowed.may.contains(id) && !damaged)
            return "V2: " + id + " is there";
        const std::string flaw = flaw_of(tree, root, id);
        if (!flaw.empty() && !damaged) return "V1: " + id + ": " + flaw;
    }
    return "";
}

std::string wrong_activation(const Tree& tree, const Root& root) {
    const auto link = root.read_link(names::active_link);
    if (!link) return tree.read(loaded_digests).empty() ? "" : "V8: modules live, nothing active";
    const std::string id = link->substr(link->rfind('/') + 1);
    if (!visible(tree).contains(id)) return "V5: active points at " + *link + ", which is no bake";
    const std::string flaw = flaw_of(tree, root, id);
    if (!flaw.empty()) return "V5: active points at a bake that is not whole: " + flaw;
    const std::string marker = tree.read(*link + "/marker.toml");
    std::istringstream lines(tree.read(loaded_digests));
    for (std::string name, digest; lines >> name >> digest;)
        if (!marker.contains(digest)) return "V8: " + name + " is of another bake";
    return "";
}

std::string wrong_record(const Tree& tree, const Allowed& allowed) {
    if (allowed.records.empty()) return "";
    const std::string text = tree.read(record);
    const auto payload = unseal(text);
    if (!text.empty() && !payload) return "V4: a record that does not prove itself";
    const std::string found = payload.value_or("");
    return allowed.records.contains(found) ? "" : "V2: the record says \"" + found + "\"";
}

bool is_ours(const std::string& path, const Allowed& allowed) {
    const std::string store = std::string(names::store) + "/";
    if (path.starts_with(store)) {
        const std::string id =
            path.substr(store.size(), path.find('/', store.size()) - store.size());
        return allowed.may.contains(id) || allowed.damaged.contains(id) ||
               id.starts_with(".new-") || id.starts_with(".del-");
    }
    return path.starts_with("/var/lib/gpuboot/build") || path.starts_with("/var/lib/gpuboot/.") ||
           path == names::foreign_intent || path.starts_with("/var/lib/gpuboot/records") ||
           path.starts_with("/run") || path.starts_with("/proc");
}

/// V3 for the bakes that were there and must stay, V6 for all that is not ours.
std::string changed(const Tree& tree, const Allowed& allowed,
                    const std::map<std::string, std::string>& before) {
    if (before.empty()) return "";
    const auto after = tree.content();
    for (const auto& [path, content] : before) {
        const auto now = after.find(path);
        if (is_ours(path, allowed) || (now == after.end() && allowed.going.contains(path)))
            continue;
        if (now == after.end() || now->second != content) return "V3/V6: " + path + " changed";
    }
    for (const auto& [path, content] : after) {
        const bool new_bake = path.starts_with(std::string(names::store) + "/");
        if (!before.contains(path) && !is_ours(path, allowed) && !new_bake)
            return "V6: " + path + " appeared";
    }
    return "";
}

} // namespace

std::set<std::string> visible(const Tree& tree) {
    std::set<std::string> ids;
    for (const std::string& name : tree.names(std::string(names::store)))
        if (!name.starts_with('.') && name != "stranger" && name != "lost+found") ids.insert(name);
    return ids;
}

std::string flaw_by_own_eyes(const Tree& tree, const std::string& folder) {
    std::istringstream lines(tree.read(folder + "/marker.toml"));
    std::string path, digest, size;
    int modules = 0;
    for (std::string line; std::getline(lines, line);) {
        if (auto value = value_of(line, "path"); !value.empty()) path = value;
        if (auto value = value_of(line, "size"); !value.empty()) size = value;
        if (auto value = value_of(line, "sha256"); !value.empty()) digest = value;
        if (path.empty() || size.empty() || digest.empty()) continue;
        const std::string text = tree.read(folder + "/" + path);
        if (std::to_string(text.size()) != size || own_sha256(text) != digest)
            return path + " is not what the marker says";
        path.clear(), size.clear(), digest.clear();
        ++modules;
    }
    return modules > 0 ? "" : "the marker names no module";
}

std::string violation(const Tree& tree, const Allowed& allowed,
                      const std::map<std::string, std::string>& before) {
    const auto root = Root::open(tree.directory());
    if (!root) return root.error().what;
    for (std::string found :
         {leftover(tree), wrong_bake(tree, *root, allowed), wrong_activation(tree, *root),
          wrong_record(tree, allowed), changed(tree, allowed, before)})
        if (!found.empty()) return found;
    return "";
}

} // namespace gpuboot::crash
