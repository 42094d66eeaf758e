// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/running_record.hpp"

#include <limits>

#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

Table record_of_module(const RunningModule& module) {
    Table table{{"name", module.name}, {"state", module.state}};
    put(table, "srcversion", module.srcversion);
    table.push_back({"refcount", module.refcount});
    table.push_back({"holders", Array(module.holders.begin(), module.holders.end())});
    return table;
}

Table record_of_user(const DeviceUser& user) {
    Table table{{"pid", user.pid}, {"comm", user.comm}};
    put(table, "unit", user.unit);
    table.push_back({"module", user.module});
    return table;
}

Table record_of_origin(const ModuleOrigin& origin) {
    Table table{{"name", origin.name}, {"path", origin.path}};
    put(table, "srcversion", origin.srcversion);
    table.push_back({"sha256", origin.sha256});
    return table;
}

Table record_of_foreign(const Foreign& foreign) {
    Table table{{"kind", to_text(foreign.kind)}, {"path", foreign.path}};
    put(table, "version", foreign.version);
    put(table, "detail", foreign.detail);
    put(table, "flaw", foreign.flaw);
    return table;
}

int count(Fields& fields, std::string_view key) {
    return static_cast<int>(
        fields.optional_number(key, 0, std::numeric_limits<int>::max()).value_or(0));
}

RunningModule module_of(Fields& fields) {
    RunningModule module;
    module.name = fields.text("name");
    module.state = fields.optional_text("state").value_or("live");
    module.srcversion = text_or_empty(fields, "srcversion");
    module.holders = fields.optional_texts("holders").value_or(std::vector<std::string>{});
    module.refcount = count(fields, "refcount");
    return module;
}

DeviceUser user_of(Fields& fields) {
    return {count(fields, "pid"), fields.text("comm"), text_or_empty(fields, "unit"),
            fields.text("module")};
}

ModuleOrigin origin_of(Fields& fields) {
    return {fields.text("name"), fields.text("path"), text_or_empty(fields, "srcversion"),
            fields.text("sha256")};
}

Foreign foreign_of(Fields& fields) {
    const auto kind = foreign_kind_of(fields.text("kind"));
    if (!kind)
        fields.refuse("kind", "modules, dkms, marker, libraries or initramfs", "another word");
    return {kind.value_or(ForeignKind::Modules), fields.text("path"),
            text_or_empty(fields, "version"), text_or_empty(fields, "detail"),
            text_or_empty(fields, "flaw")};
}

} // namespace

void add_running(Table& record, const Facts& facts) {
    put(record, "active_srcversion", facts.active_srcversion);
    if (facts.active_kind)
        record.push_back({"active_kind", std::string(to_text(*facts.active_kind))});
    put(record, "users_flaw", facts.running.users_flaw);
    put(record, "running", facts.running.modules, record_of_module);
    put(record, "user", facts.running.users, record_of_user);
    put(record, "origin", facts.running.origins, record_of_origin);
    put(record, "foreign", facts.foreign, record_of_foreign);
}

void read_running(Fields& fields, Facts& facts) {
    facts.active_srcversion = text_or_empty(fields, "active_srcversion");
    if (fields.optional_text("active_kind"))
        facts.active_kind = kind_of(fields.choice("active_kind", {"open", "proprietary", "grid"}));
    facts.running.users_flaw = text_or_empty(fields, "users_flaw");
    facts.running.modules = read_each(fields, "running", module_of);
    facts.running.users = read_each(fields, "user", user_of);
    facts.running.origins = read_each(fields, "origin", origin_of);
    facts.foreign = read_each(fields, "foreign", foreign_of);
}

} // namespace gpuboot::report
