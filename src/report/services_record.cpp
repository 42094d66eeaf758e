// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/services_record.hpp"

#include <limits>

#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

std::int64_t number(unsigned value) { return value; }

unsigned read_count(Fields& fields, std::string_view key) {
    constexpr std::int64_t most = std::numeric_limits<unsigned>::max();
    return static_cast<unsigned>(fields.optional_number(key, 0, most).value_or(0));
}

Table record_of_unusable(const UnusableUnit& unit) {
    return {{"name", unit.name}, {"load_state", unit.load_state}};
}

Table record_of_file(const RuntimeFile& file) { return {{"path", file.path}, {"text", file.text}}; }

Table record_of_runtime(const RuntimeFacts& runtime) {
    Table table{{"name", runtime.name}};
    const auto text = [&](const char* key, const std::string& value) {
        if (!value.empty()) table.push_back({key, value});
    };
    text("version", runtime.version);
    text("flaw", runtime.flaw);
    if (runtime.cdi) table.push_back({"cdi", *runtime.cdi});
    text("said_in", runtime.said_in);
    if (runtime.folders) put(table, "folders", *runtime.folders);
    put(table, "with_cdi", runtime.with_cdi, record_of_file);
    put(table, "uncovered", runtime.uncovered, record_of_file);
    if (runtime.nvidia) table.push_back({"nvidia", true});
    return table;
}

RuntimeFacts read_runtime(Fields& fields) {
    RuntimeFacts runtime{fields.choice("name", {"containerd", "docker", "crio"})};
    runtime.version = text_or_empty(fields, "version");
    runtime.flaw = text_or_empty(fields, "flaw");
    runtime.cdi = fields.optional_flag("cdi");
    runtime.said_in = text_or_empty(fields, "said_in");
    runtime.folders = fields.optional_texts("folders");
    const auto read_file = [](Fields& file) {
        return RuntimeFile{file.text("path"), file.text("text")};
    };
    runtime.with_cdi = read_each(fields, "with_cdi", read_file);
    runtime.uncovered = read_each(fields, "uncovered", read_file);
    runtime.nvidia = fields.optional_flag("nvidia").value_or(false);
    return runtime;
}

} // namespace

void put_services(Table& table, const ServiceFacts& services) {
    const FabricManagerFacts& fabric = services.fabric;
    if (!services.driver.empty()) table.push_back({"driver_version", services.driver});
    if (fabric.switches > 0) table.push_back({"switches_on_bus", number(fabric.switches)});
    if (fabric.managing_ports > 0)
        table.push_back({"managing_ports", number(fabric.managing_ports)});
    if (fabric.umad) table.push_back({"ib_umad", true});
    if (fabric.subnet_manager) table.push_back({"nvlsm", true});
    if (!fabric.version.empty()) table.push_back({"fabric_manager", fabric.version});
    if (services.persistence_daemon) table.push_back({"persistence_daemon", true});
    put(table, "unusable_unit", services.unusable, record_of_unusable);
}

ServiceFacts read_services(Fields& fields) {
    ServiceFacts services;
    services.driver = text_or_empty(fields, "driver_version");
    services.fabric.switches = read_count(fields, "switches_on_bus");
    services.fabric.managing_ports = read_count(fields, "managing_ports");
    services.fabric.umad = fields.optional_flag("ib_umad").value_or(false);
    services.fabric.subnet_manager = fields.optional_flag("nvlsm").value_or(false);
    services.fabric.version = text_or_empty(fields, "fabric_manager");
    services.persistence_daemon = fields.optional_flag("persistence_daemon").value_or(false);
    services.unusable = read_each(fields, "unusable_unit", [](Fields& unit) {
        return UnusableUnit{unit.text("name"), unit.text("load_state")};
    });
    return services;
}

void put_runtimes(Table& table, const std::vector<RuntimeFacts>& runtimes) {
    put(table, "runtime", runtimes, record_of_runtime);
}

std::vector<RuntimeFacts> read_runtimes(Fields& fields) {
    return read_each(fields, "runtime", read_runtime);
}

} // namespace gpuboot::report
