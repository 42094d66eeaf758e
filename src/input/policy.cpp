// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/policy.hpp"

#include <algorithm>

#include "base/fields.hpp"
#include "base/names.hpp"
#include "input/toml_file.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using model::Policy;
using model::ReadyTest;
using model::UserspaceRule;

bool is_unit(const std::string& name) {
    return name.size() < 256 && name.find('.') != std::string::npos && name.front() != '-' &&
           std::ranges::none_of(name, [](char c) { return c <= ' ' || c == '/' || c == 0x7f; });
}

void read_units(Fields& units, std::string_view key, std::vector<std::string>& list) {
    auto names = units.optional_texts(key);
    if (!names) return;
    for (const std::string& name : *names)
        if (!is_unit(name)) units.refuse(key, "names of units", "\"" + name + "\"");
    list = std::move(*names);
}

void read_ready(Fields& ready, Policy& policy) {
    if (ready.optional_text("test")) {
        const std::string test = ready.choice("test", {"bound", "open", "nvml"});
        for (ReadyTest known : {ReadyTest::Bound, ReadyTest::Open, ReadyTest::Nvml})
            if (test == to_text(known)) policy.ready_test = known;
    }
    policy.ready_timeout_seconds = static_cast<int>(
        ready.optional_number("timeout_seconds", 1, 600).value_or(policy.ready_timeout_seconds));
}

void read_driver(Fields& driver, Policy& policy) {
    if (const auto wanted = driver.optional_flag("wanted")) {
        policy.wanted = *wanted;
        policy.wanted_in = driver.place_of("wanted");
    }
    if (driver.optional_text("replace_loaded"))
        policy.replace_loaded = driver.choice("replace_loaded", {"never", "if-idle"}) == "never"
                                    ? model::ReplaceLoaded::Never
                                    : model::ReplaceLoaded::IfIdle;
    auto modules = driver.optional_texts("modules");
    if (!modules) return;
    for (const std::string& name : *modules)
        if (!model::is_source_name(name))
            driver.refuse("modules", "names of modules without .ko", "\"" + name + "\"");
    policy.modules = std::move(*modules);
}

void read_userspace(Fields& userspace, Policy& policy) {
    if (!userspace.optional_text("rule")) return;
    const std::string rule = userspace.choice("rule", {"if-present", "required", "ignore"});
    for (UserspaceRule known :
         {UserspaceRule::IfPresent, UserspaceRule::Required, UserspaceRule::Ignore})
        if (rule == to_text(known)) policy.userspace = known;
}

void read_persistence(Fields& driver, Policy& policy) {
    if (!driver.optional_text("persistence")) return;
    const std::string rule = driver.choice("persistence", {"auto", "hold", "off"});
    for (model::PersistenceRule known :
         {model::PersistenceRule::Auto, model::PersistenceRule::Hold, model::PersistenceRule::Off})
        if (rule == to_text(known)) policy.persistence = known;
}

void read_fabric(Fields& units, Policy& policy) {
    if (units.optional_text("fabric_manager"))
        policy.fabric_manager = units.choice("fabric_manager", {"auto", "off"}) == "off"
                                    ? model::FabricManagerRule::Off
                                    : model::FabricManagerRule::Auto;
    policy.fabric_timeout_seconds =
        static_cast<int>(units.optional_number("fabric_timeout_seconds", 1, 240)
                             .value_or(policy.fabric_timeout_seconds));
}

void read_containers(Fields& containers, Policy& policy) {
    auto names = containers.optional_texts("configure");
    if (!names) return;
    for (const std::string& name : *names)
        if (name != "containerd" && name != "docker" && name != "crio")
            containers.refuse("configure", "containerd, docker or crio", "\"" + name + "\"");
    policy.configured_runtimes = std::move(*names);
}

void read_rebuild(Fields& rebuild, Policy& policy) {
    policy.rebuild_allowed = rebuild.optional_flag("allow").value_or(policy.rebuild_allowed);
    policy.rebuild_timeout_seconds =
        static_cast<int>(rebuild.optional_number("timeout_seconds", 1, 86'400)
                             .value_or(policy.rebuild_timeout_seconds));
}

void read_bake(Fields& bake, Policy& policy) {
    if (bake.optional_text("compress"))
        policy.bake_compression =
            compression_of(bake.choice("compress", {"none", "zstd", "xz", "gzip"}))
                .value_or(policy.bake_compression);
}

void read_store(Fields& store, Policy& policy) {
    const auto number = [&](std::string_view key, std::int64_t most) {
        return store.optional_number(key, 0, most);
    };
    if (const auto keep = number("keep", 1000)) policy.store.keep = static_cast<std::size_t>(*keep);
    if (const auto bytes = number("max_bytes", std::int64_t{1} << 50))
        policy.store.max_bytes = static_cast<std::uint64_t>(*bytes);
    if (store.optional_text("opted_out"))
        policy.store.opted_out = store.choice("opted_out", {"keep", "purge"}) == "purge"
                                     ? model::OptedOutRule::Purge
                                     : model::OptedOutRule::Keep;
}

void read_foreign(Fields& foreign, Policy& policy) {
    auto words = foreign.optional_texts("remove");
    if (!words) return;
    policy.foreign_remove.clear();
    for (const std::string& word : *words)
        if (const auto kind = model::removable_kind_of(word))
            policy.foreign_remove.push_back(*kind);
        else
            foreign.refuse("remove", model::removable_words, model::why_not_removable(word));
}

std::string read_over(const std::string& path, const Node& document, Policy& policy) {
    Fields top(path, document);
    top.number("schema", 1, 1);
    const auto read = [&](std::string_view key, auto reader) {
        auto table = top.optional_table(key);
        if (!table) return;
        reader(*table);
        top.adopt(*table);
    };
    read("ready", [&](Fields& table) { read_ready(table, policy); });
    read("driver", [&](Fields& table) {
        read_driver(table, policy);
        read_persistence(table, policy);
    });
    read("userspace", [&](Fields& table) { read_userspace(table, policy); });
    read("units", [&](Fields& table) {
        read_units(table, "critical", policy.critical_units);
        read_units(table, "deferred", policy.deferred_units);
        read_fabric(table, policy);
    });
    read("containers", [&](Fields& table) { read_containers(table, policy); });
    read("bake", [&](Fields& table) { read_bake(table, policy); });
    read("kernels", [&](Fields& table) {
        policy.guard_kernels = table.optional_flag("guard").value_or(policy.guard_kernels);
    });
    read("store", [&](Fields& table) { read_store(table, policy); });
    read("foreign", [&](Fields& table) { read_foreign(table, policy); });
    read("rebuild", [&](Fields& table) { read_rebuild(table, policy); });
    return top.flaw().value_or("");
}

/// Those of a folder of drop-ins; a folder that cannot be read is one file that cannot.
std::vector<std::string> drop_ins(const Root& root) {
    const std::string folder(names::local_policy_drop_ins);
    const auto names = root.list(folder);
    if (!names) return {folder};
    std::vector<std::string> files;
    for (const std::string& name : *names)
        if (name.ends_with(".toml") && !name.starts_with('.')) files.push_back(folder + "/" + name);
    return files;
}

} // namespace

PolicyReading read_policy(const Root& root) {
    PolicyReading reading;
    std::vector<std::string> files = drop_ins(root);
    files.insert(files.begin(),
                 {std::string(names::shipped_policy), std::string(names::local_policy)});
    for (const std::string& path : files) {
        auto document = read_toml(root, path);
        if (!document && document.error().code == Errc::NotFound && !is_link(root, path)) continue;
        std::string flaw =
            document ? read_over(path, *document, reading.policy) : document.error().what;
        if (reading.flaw.empty()) reading.flaw = std::move(flaw);
    }
    if (reading.flaw.empty()) return reading;
    // A mistake elsewhere must not bring a driver to a machine that wants none.
    model::Policy rest;
    rest.wanted = reading.policy.wanted;
    rest.wanted_in = std::move(reading.policy.wanted_in);
    reading.policy = std::move(rest);
    return reading;
}

} // namespace gpuboot::input
