// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/facts_record.hpp"

#include "report/admission_record.hpp"
#include "report/bundle_record.hpp"
#include "report/compile_record.hpp"
#include "report/records_record.hpp"
#include "report/running_record.hpp"
#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

Table record_of_pin(const Facts& facts) {
    Table table;
    put(table, "path", facts.pin_path);
    put(table, "flaw", facts.pin.flaw);
    if (!facts.pin.value) return table;
    const Pin& pin = *facts.pin.value;
    put(table, "version", pin.version);
    table.push_back({"kind", to_text(pin.kind)});
    put(table, "kernel", pin.kernel.value_or(""));
    if (pin.accept_adopted) table.push_back({"accept_adopted", true});
    if (!pin.modules.empty()) put(table, "modules", pin.modules);
    Table source;
    put(source, "type", pin.source.type);
    put(source, "name", pin.source.name);
    put(source, "sha256", pin.source.sha256);
    table.push_back({"source", std::move(source)});
    if (pin.userspace)
        table.push_back({"userspace", Table{{"type", pin.userspace->type},
                                            {"path", pin.userspace->path},
                                            {"sha256", pin.userspace->sha256}}});
    return table;
}

Table record_of_policy(const Facts& facts) {
    const Policy& policy = facts.policy;
    Table table;
    put(table, "flaw", facts.policy_flaw);
    table.push_back({"ready_test", to_text(policy.ready_test)});
    table.push_back({"ready_timeout_seconds", policy.ready_timeout_seconds});
    put(table, "modules", policy.modules);
    table.push_back({"userspace", to_text(policy.userspace)});
    table.push_back({"replace_loaded", to_text(policy.replace_loaded)});
    put(table, "critical_units", policy.critical_units);
    put(table, "deferred_units", policy.deferred_units);
    table.push_back({"rebuild_allowed", policy.rebuild_allowed});
    table.push_back({"rebuild_timeout_seconds", policy.rebuild_timeout_seconds});
    table.push_back({"bake_compression", to_text(policy.bake_compression)});
    return table;
}

Table record_of_gpu(const Gpu& gpu) {
    Table table{{"address", gpu.address}};
    put(table, "pci_id", gpu.pci_id);
    put(table, "driver", gpu.driver);
    return table;
}

Table record_of_module(const MarkerModule& module) {
    Table table{{"name", module.name},
                {"path", module.path},
                {"size", static_cast<std::int64_t>(module.size)},
                {"sha256", module.sha256},
                {"vermagic", module.vermagic}};
    put(table, "srcversion", module.srcversion);
    put(table, "depends", module.depends);
    return table;
}

Table record_of_marker(const Marker& marker) {
    Table table;
    put(table, "id", marker.id);
    put(table, "driver_version", marker.driver_version);
    table.push_back({"kind", to_text(marker.kind)});
    put(table, "kernel", marker.kernel);
    put(table, "arch", marker.arch);
    put(table, "source", marker.source);
    put(table, "source_sha256", marker.source_sha256);
    put(table, "kernel_config_sha256", marker.kernel_config_sha256);
    put(table, "compiler", marker.compiler);
    put(table, "made_by", marker.made_by);
    if (!marker.asked.empty()) put(table, "asked", marker.asked);
    put(table, "module", marker.modules, record_of_module);
    put_bundle(table, marker);
    return table;
}

Table record_of_difference(const SymbolDifference& difference) {
    Table table{{"symbol", difference.symbol}, {"wanted", difference.wanted}};
    put(table, "found", difference.found);
    return table;
}

Table record_of_abi(const KernelAbi& abi) {
    Table table;
    put(table, "symvers", abi.symvers);
    put(table, "symvers_flaw", abi.symvers_flaw);
    put(table, "vermagic", abi.vermagic);
    return table;
}

Table record_of_file(const FileFact& file) {
    Table table{{"path", file.path}};
    if (!file.present) table.push_back({"present", false});
    put(table, "flaw", file.flaw);
    put(table, "unsafe", file.unsafe);
    table.push_back({"size", static_cast<std::int64_t>(file.size)});
    // "none": it was ruled out before it was hashed or parsed.
    table.push_back({"sha256", file.sha256.empty() ? "none" : file.sha256});
    table.push_back({"vermagic", file.vermagic.empty() ? "none" : file.vermagic});
    if (file.signature) table.push_back({"signature", record_of(*file.signature)});
    put(table, "malformed", file.malformed);
    table.push_back({"name", file.name.empty() ? "none" : file.name});
    table.push_back({"srcversion", file.srcversion.empty() ? "none" : file.srcversion});
    put(table, "depends", file.depends);
    table.push_back({"compared", static_cast<std::int64_t>(file.symbols.compared)});
    put(table, "difference", file.symbols.differing, record_of_difference);
    return table;
}

Table record_of_bake(const BakeFact& bake) {
    Table table{{"id", bake.id}};
    if (bake.vendor) table.push_back({"vendor", true});
    put(table, "unsafe", bake.unsafe);
    put(table, "marker_flaw", bake.marker.flaw);
    if (bake.newer_format != 0) table.push_back({"newer_format", bake.newer_format});
    if (bake.marker.value) table.push_back({"marker", record_of_marker(*bake.marker.value)});
    put(table, "file", bake.files, record_of_file);
    put_cold(table, bake);
    return table;
}

Table record_of_loaded(const LoadedDriver& loaded) {
    Table table;
    put(table, "version", loaded.version);
    table.push_back({"kind", to_text(loaded.kind)});
    put(table, "modules", loaded.modules);
    put(table, "srcversion", loaded.srcversion);
    return table;
}

Table record_of_refusal(const RefusedLoad& refused) {
    Table table{{"bake", refused.bake}, {"module", refused.module}, {"errno", refused.error}};
    put(table, "kernel_line", refused.kernel_line);
    return table;
}

Table record_of_library(const Library& library) {
    Table table{{"name", library.name}, {"path", library.path}};
    put(table, "version", library.version);
    return table;
}

} // namespace

Node record_of(const Facts& facts) {
    Table table;
    put(table, "opted_out", facts.opted_out);
    if (facts.offline) table.push_back({"offline", true});
    put(table, "active", facts.active);
    put(table, "store_flaw", facts.store_flaw);
    put(table, "missing_firmware", facts.companions.missing_firmware);
    put_active_bundle(table, facts);
    table.push_back({"host", Table{{"kernel", facts.host.kernel}, {"arch", facts.host.arch}}});
    table.push_back({"pin", record_of_pin(facts)});
    table.push_back({"policy", record_of_policy(facts)});
    if (facts.admission) table.push_back({"admission", record_of(*facts.admission)});
    put(table, "gpu", facts.gpus, record_of_gpu);
    put(table, "library", facts.companions.libraries, record_of_library);
    put(table, "bake", facts.bakes, record_of_bake);
    if (facts.abi != KernelAbi{}) table.push_back({"abi", record_of_abi(facts.abi)});
    if (facts.loaded) table.push_back({"loaded", record_of_loaded(*facts.loaded)});
    put(table, "refused", facts.refused, record_of_refusal);
    put_compile(table, facts);
    add_running(table, facts);
    table.push_back({"records", record_of(facts.records)});
    return table;
}

} // namespace gpuboot::report
