// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/records_record.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

Array array_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

/// A key that is there only when there is something to say.
void put(Table& table, const char* key, const std::string& text) {
    if (!text.empty()) table.push_back({key, text});
}

Table record_of_bad(const BadBake& bad) {
    Table table{{"bake", bad.bake}, {"kernel", bad.kernel}, {"why", bad.why}};
    put(table, "build", bad.build);
    put(table, "when", bad.when);
    return table;
}

std::vector<Fields> tables_of(Fields& fields, std::string_view key) {
    Fields probe = fields; // `tables` would demand the key
    if (probe.optional_texts(key)) return fields.tables(key);
    (void)fields.optional_texts(key); // known, and absent
    return {};
}

std::string text_or_none(Fields& fields, std::string_view key) {
    return fields.optional_text(key).value_or("");
}

} // namespace

Node record_of(const Records& records) {
    Table table{{"boot_id", records.boot_id.empty() ? "none" : records.boot_id}};
    put(table, "build", records.build);
    if (!records.broken.empty()) table.push_back({"broken", array_of(records.broken)});
    if (!records.newer.empty()) table.push_back({"newer", array_of(records.newer)});
    if (const auto& trial = records.trial)
        table.push_back(
            {"trial",
             Table{{"bake", trial->bake}, {"boot_id", trial->boot_id}, {"tries", trial->tries}}});
    Array bad, good;
    for (const BadBake& entry : records.bad)
        bad.push_back(record_of_bad(entry));
    for (const GoodBake& entry : records.good)
        good.push_back(Table{{"kernel", entry.kernel}, {"bake", entry.bake}});
    if (!bad.empty()) table.push_back({"bad", std::move(bad)});
    if (!good.empty()) table.push_back({"good", std::move(good)});
    return table;
}

Records read_records(Fields& fields) {
    Records records;
    const std::string boot_id = text_or_none(fields, "boot_id");
    if (boot_id != "none") records.boot_id = boot_id;
    records.build = text_or_none(fields, "build");
    records.broken = fields.optional_texts("broken").value_or(std::vector<std::string>{});
    records.newer = fields.optional_texts("newer").value_or(std::vector<std::string>{});
    if (auto trial = fields.optional_table("trial")) {
        records.trial = Trial{trial->text("bake"), trial->text("boot_id"),
                              static_cast<int>(trial->number("tries", 1, 1000))};
        fields.adopt(*trial);
    }
    for (Fields& bad : tables_of(fields, "bad")) {
        records.bad.push_back({bad.text("bake"), bad.text("kernel"), text_or_none(bad, "build"),
                               bad.text("why"), text_or_none(bad, "when")});
        fields.adopt(bad);
    }
    for (Fields& good : tables_of(fields, "good")) {
        records.good.push_back({good.text("kernel"), good.text("bake")});
        fields.adopt(good);
    }
    return records;
}

Records usual_records(const Facts& facts) {
    Records records;
    for (const BakeFact& bake : facts.bakes)
        if (bake.marker.value) records.good.push_back({bake.marker.value->kernel, bake.id});
    return records;
}

} // namespace gpuboot::report
