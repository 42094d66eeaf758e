// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <limits>

#include "base/digest.hpp"
#include "base/fields.hpp"
#include "base/names.hpp"
#include "model/module_name.hpp"
#include "report/admission_record.hpp"
#include "report/bundle_record.hpp"
#include "report/compile_record.hpp"
#include "report/facts_record.hpp"
#include "report/records_record.hpp"
#include "report/running_record.hpp"
#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::string text_or(Fields& fields, std::string_view key, std::string otherwise) {
    return fields.optional_text(key).value_or(std::move(otherwise));
}

/// What could not be said of a file is written as the word "none".
std::string text_or_none(Fields& fields, std::string_view key, std::string otherwise) {
    std::string text = text_or(fields, key, std::move(otherwise));
    return text == "none" ? "" : text;
}

Kind read_kind(Fields& fields, Kind otherwise) {
    if (!fields.optional_text("kind")) return otherwise;
    return kind_of(fields.choice("kind", {"open", "proprietary", "grid"})).value_or(otherwise);
}

/// Calls `read` for the table under `key`, when there is one, and takes its flaw over.
template <class Read> bool with_table(Fields& fields, std::string_view key, Read read) {
    auto table = fields.optional_table(key);
    if (!table) return false;
    read(*table);
    fields.adopt(*table);
    return true;
}

void read_pin(Fields& fields, Facts& facts) {
    facts.pin_path = text_or(fields, "path", facts.pin_path);
    facts.pin.flaw = text_or_empty(fields, "flaw");
    const auto version = fields.optional_text("version");
    if (!version) return;
    Pin pin;
    pin.version = *version;
    pin.kind = read_kind(fields, Kind::Open);
    pin.kernel = fields.optional_text("kernel");
    pin.accept_adopted = fields.optional_flag("accept_adopted").value_or(false);
    pin.modules = fields.optional_texts("modules").value_or(pin.modules);
    with_table(fields, "source", [&](Fields& source) {
        pin.source = {text_or_empty(source, "type"), text_or_empty(source, "name"),
                      text_or_empty(source, "sha256")};
    });
    with_table(fields, "userspace", [&](Fields& userspace) {
        pin.userspace = {text_or(userspace, "type", "folder"), text_or_empty(userspace, "path"),
                         text_or_empty(userspace, "sha256")};
    });
    facts.pin.value = std::move(pin);
}

void read_policy(Fields& fields, Facts& facts) {
    Policy& policy = facts.policy;
    facts.policy_flaw = text_or_empty(fields, "flaw");
    if (fields.optional_text("ready_test")) {
        const std::string test = fields.choice("ready_test", {"bound", "open", "nvml"});
        for (ReadyTest known : {ReadyTest::Bound, ReadyTest::Open, ReadyTest::Nvml})
            if (test == to_text(known)) policy.ready_test = known;
    }
    const auto seconds = [&](std::string_view key, int otherwise) {
        return static_cast<int>(fields.optional_number(key, 0, 86'400).value_or(otherwise));
    };
    policy.ready_timeout_seconds = seconds("ready_timeout_seconds", policy.ready_timeout_seconds);
    policy.modules = fields.optional_texts("modules").value_or(policy.modules);
    if (fields.optional_text("userspace")) {
        const std::string rule = fields.choice("userspace", {"if-present", "required", "ignore"});
        for (UserspaceRule known :
             {UserspaceRule::IfPresent, UserspaceRule::Required, UserspaceRule::Ignore})
            if (rule == to_text(known)) policy.userspace = known;
    }
    if (fields.optional_text("replace_loaded") &&
        fields.choice("replace_loaded", {"never", "if-idle"}) == "never")
        policy.replace_loaded = ReplaceLoaded::Never;
    policy.critical_units = fields.optional_texts("critical_units").value_or(policy.critical_units);
    policy.deferred_units = fields.optional_texts("deferred_units").value_or(policy.deferred_units);
    policy.rebuild_allowed =
        fields.optional_flag("rebuild_allowed").value_or(policy.rebuild_allowed);
    policy.rebuild_timeout_seconds =
        seconds("rebuild_timeout_seconds", policy.rebuild_timeout_seconds);
    if (fields.optional_text("bake_compression"))
        policy.bake_compression =
            compression_of(fields.choice("bake_compression", {"none", "zstd", "xz", "gzip"}))
                .value_or(policy.bake_compression);
}

MarkerModule read_module(Fields& fields, const std::string& kernel) {
    MarkerModule module;
    module.name = fields.text("name");
    std::string file = module.name;
    std::ranges::replace(file, '_', '-');
    module.path = text_or(fields, "path", "modules/" + file + ".ko");
    module.size = static_cast<std::uint64_t>(fields.optional_number("size", 0, most).value_or(1));
    module.sha256 = text_or(fields, "sha256", sha256_hex(bytes_of(module.path)));
    module.vermagic = text_or(fields, "vermagic", kernel + " SMP preempt mod_unload modversions");
    module.srcversion = text_or_empty(fields, "srcversion");
    module.depends = fields.optional_texts("depends").value_or(std::vector<std::string>{});
    return module;
}

/// A module of the policy, when the marker lists none: each stands on nvidia.
MarkerModule usual_module(const std::string& file, const std::string& kernel) {
    const std::string name = in_kernel_words(file);
    const Node node = Table{{"name", name}};
    Fields fields("", node);
    MarkerModule module = read_module(fields, kernel);
    if (name != "nvidia") module.depends = {"nvidia"};
    return module;
}

Marker read_marker(Fields& fields, const Facts& facts, const std::string& id) {
    const Pin pin = facts.pin.value.value_or(Pin{});
    Marker marker;
    marker.id = text_or(fields, "id", id);
    marker.driver_version = text_or(fields, "driver_version", pin.version);
    marker.kind = read_kind(fields, pin.kind);
    marker.kernel = text_or(fields, "kernel", facts.host.kernel);
    marker.arch = text_or(fields, "arch", facts.host.arch);
    marker.source = text_or(fields, "source", pin.source.type + ":" + pin.source.name);
    marker.source_sha256 = text_or(fields, "source_sha256", pin.source.sha256);
    marker.kernel_config_sha256 = text_or_empty(fields, "kernel_config_sha256");
    marker.compiler = text_or_empty(fields, "compiler");
    marker.made_by = text_or_empty(fields, "made_by");
    marker.asked = fields.optional_texts("asked").value_or(marker.asked);
    marker.modules = read_each(fields, "module",
                               [&](Fields& table) { return read_module(table, marker.kernel); });
    if (marker.modules.empty())
        for (const std::string& name : facts.policy.modules)
            marker.modules.push_back(usual_module(name, marker.kernel));
    read_bundle(fields, pin, marker);
    return marker;
}

/// What the store says of a file stops at the first thing that rules it out; so do the defaults.
FileFact read_file(Fields& fields, const std::vector<MarkerModule>& modules) {
    FileFact file;
    file.path = fields.text("path");
    const auto module = std::ranges::find(modules, file.path, &MarkerModule::path);
    const MarkerModule wanted = module == modules.end() ? MarkerModule{} : *module;
    file.present = fields.optional_flag("present").value_or(true);
    file.flaw = text_or_empty(fields, "flaw");
    file.unsafe = text_or_empty(fields, "unsafe");
    const auto size = static_cast<std::int64_t>(file.present ? wanted.size : 0);
    file.size = static_cast<std::uint64_t>(fields.optional_number("size", 0, most).value_or(size));
    const bool hashed = file.present && file.flaw.empty() && file.size == wanted.size;
    file.sha256 = text_or_none(fields, "sha256", hashed ? wanted.sha256 : "none");
    file.malformed = text_or_empty(fields, "malformed");
    const bool parsed = hashed && file.sha256 == wanted.sha256 && file.malformed.empty();
    file.vermagic = text_or_none(fields, "vermagic", parsed ? wanted.vermagic : "none");
    with_table(fields, "signature",
               [&](Fields& signature) { file.signature = signature_of(signature); });
    file.name = text_or_none(fields, "name", parsed ? wanted.name : "none");
    file.srcversion = text_or_none(fields, "srcversion", parsed ? wanted.srcversion : "none");
    file.depends =
        fields.optional_texts("depends").value_or(parsed ? wanted.depends : MarkerModule{}.depends);
    file.symbols.compared =
        static_cast<std::uint64_t>(fields.optional_number("compared", 0, most).value_or(0));
    file.symbols.differing = read_each(fields, "difference", [](Fields& difference) {
        return SymbolDifference{difference.text("symbol"), difference.text("wanted"),
                                text_or_empty(difference, "found")};
    });
    return file;
}

FileFact intact_file(const MarkerModule& module) {
    FileFact file{module.path, true, "", "", module.size, module.sha256, module.vermagic};
    file.name = module.name;
    file.srcversion = module.srcversion;
    file.depends = module.depends;
    return file;
}

KernelAbi read_abi(Fields& fields) {
    return {text_or_empty(fields, "symvers"), text_or_empty(fields, "symvers_flaw"),
            text_or_empty(fields, "vermagic")};
}

BakeFact read_bake(Fields& fields, const Facts& facts) {
    BakeFact bake;
    bake.id = fields.text("id");
    bake.vendor = fields.optional_flag("vendor").value_or(false);
    bake.unsafe = text_or_empty(fields, "unsafe");
    bake.marker.flaw = text_or_empty(fields, "marker_flaw");
    bake.newer_format = static_cast<int>(
        fields.optional_number("newer_format", 1, std::numeric_limits<int>::max()).value_or(0));
    const bool intact = fields.optional_flag("intact").value_or(false);
    const bool described = with_table(fields, "marker", [&](Fields& marker) {
        bake.marker.value = read_marker(marker, facts, bake.id);
    });
    if (!described && intact) {
        Fields nothing("", Node(Table{}));
        bake.marker.value = read_marker(nothing, facts, bake.id);
    }
    const auto modules = bake.marker.value ? bake.marker.value->modules : Marker{}.modules;
    bake.files = read_each(fields, "file", [&](Fields& file) { return read_file(file, modules); });
    read_cold(fields, intact, bake);
    if (!intact) return bake;
    const auto listed = std::move(bake.files);
    bake.files.clear();
    for (const MarkerModule& module : modules) {
        const auto file = std::ranges::find(listed, module.path, &FileFact::path);
        bake.files.push_back(file == listed.end() ? intact_file(module) : *file);
    }
    return bake;
}

LoadedDriver read_loaded(Fields& fields) {
    return {fields.text("version"), read_kind(fields, Kind::Open),
            fields.optional_texts("modules").value_or(std::vector<std::string>{}),
            text_or_empty(fields, "srcversion")};
}

RefusedLoad read_refusal(Fields& fields) {
    return {fields.text("bake"), fields.text("module"),
            static_cast<int>(fields.number("errno", 0, 4095)),
            text_or_empty(fields, "kernel_line")};
}

} // namespace

Result<Facts> facts_of(const std::string& file, const Node& record) {
    Fields fields(file, record);
    Facts facts;
    facts.opted_out = text_or_empty(fields, "opted_out");
    facts.offline = fields.optional_flag("offline").value_or(false);
    facts.active = text_or_empty(fields, "active");
    facts.companions.missing_firmware = text_or_empty(fields, "missing_firmware");
    read_active_bundle(fields, facts);
    facts.store_flaw = text_or_empty(fields, "store_flaw");
    Fields host = fields.table("host");
    facts.host = {host.text("kernel"), host.text("arch")};
    fields.adopt(host);
    facts.pin_path = names::local_pin;
    with_table(fields, "pin", [&](Fields& pin) { read_pin(pin, facts); });
    with_table(fields, "policy", [&](Fields& policy) { read_policy(policy, facts); });
    with_table(fields, "admission",
               [&](Fields& admission) { facts.admission = admission_of(admission); });
    facts.gpus = read_each(fields, "gpu", [](Fields& gpu) {
        return Gpu{gpu.text("address"), text_or_empty(gpu, "pci_id"), text_or_empty(gpu, "driver")};
    });
    facts.companions.libraries = read_each(fields, "library", [](Fields& library) {
        return Library{library.text("name"), library.text("path"),
                       text_or_empty(library, "version")};
    });
    facts.bakes = read_each(fields, "bake", [&](Fields& bake) { return read_bake(bake, facts); });
    with_table(fields, "abi", [&](Fields& abi) { facts.abi = read_abi(abi); });
    with_table(fields, "loaded", [&](Fields& loaded) { facts.loaded = read_loaded(loaded); });
    facts.refused = read_each(fields, "refused", read_refusal);
    read_compile(fields, facts);
    read_running(fields, facts);
    const bool told = with_table(fields, "records",
                                 [&](Fields& records) { facts.records = read_records(records); });
    if (!told) facts.records = usual_records(facts);
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return facts;
}

} // namespace gpuboot::report
