// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/records_record.hpp"

#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

Table record_of_bad(const BadBake& bad) {
    Table table{{"bake", bad.bake}, {"kernel", bad.kernel}, {"why", bad.why}};
    put(table, "build", bad.build);
    put(table, "when", bad.when);
    return table;
}

Table record_of_good(const GoodBake& good) {
    return {{"kernel", good.kernel}, {"bake", good.bake}};
}

Table record_of_cold(const ColdRead& read) {
    Table table{{"bake", read.bake}, {"stamps", read.stamps}};
    put(table, "damaged", read.damaged);
    put(table, "wanted", read.wanted);
    put(table, "found", read.found);
    return table;
}

} // namespace

Node record_of(const Records& records) {
    Table table{{"boot_id", records.boot_id.empty() ? "none" : records.boot_id}};
    put(table, "build", records.build);
    if (!records.broken.empty()) put(table, "broken", records.broken);
    if (!records.newer.empty()) put(table, "newer", records.newer);
    if (const auto& trial = records.trial)
        table.push_back(
            {"trial",
             Table{{"bake", trial->bake}, {"boot_id", trial->boot_id}, {"tries", trial->tries}}});
    put(table, "bad", records.bad, record_of_bad);
    put(table, "good", records.good, record_of_good);
    put(table, "cold", records.cold, record_of_cold);
    return table;
}

Records read_records(Fields& fields) {
    Records records;
    const std::string boot_id = text_or_empty(fields, "boot_id");
    if (boot_id != "none") records.boot_id = boot_id;
    records.build = text_or_empty(fields, "build");
    records.broken = fields.optional_texts("broken").value_or(std::vector<std::string>{});
    records.newer = fields.optional_texts("newer").value_or(std::vector<std::string>{});
    if (auto trial = fields.optional_table("trial")) {
        records.trial = Trial{trial->text("bake"), trial->text("boot_id"),
                              static_cast<int>(trial->number("tries", 1, 1000))};
        fields.adopt(*trial);
    }
    records.bad = read_each(fields, "bad", [](Fields& bad) {
        return BadBake{bad.text("bake"), bad.text("kernel"), text_or_empty(bad, "build"),
                       bad.text("why"), text_or_empty(bad, "when")};
    });
    records.good = read_each(fields, "good", [](Fields& good) {
        return GoodBake{good.text("kernel"), good.text("bake")};
    });
    records.cold = read_each(fields, "cold", [](Fields& cold) {
        return ColdRead{cold.text("bake"), cold.text("stamps"), text_or_empty(cold, "damaged"),
                        text_or_empty(cold, "wanted"), text_or_empty(cold, "found")};
    });
    return records;
}

Records usual_records(const Facts& facts) {
    Records records;
    for (const BakeFact& bake : facts.bakes)
        if (bake.marker.value) records.good.push_back({bake.marker.value->kernel, bake.id});
    return records;
}

} // namespace gpuboot::report
