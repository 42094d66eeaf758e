// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/record.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

std::int64_t number(const Node& record, std::string_view key) {
    const Node* node = record.find(key);
    const auto* value = node ? std::get_if<std::int64_t>(&node->value) : nullptr;
    return value ? *value : 0;
}

bool flag(const Node& record, std::string_view key) {
    const Node* node = record.find(key);
    const auto* value = node ? std::get_if<bool>(&node->value) : nullptr;
    return value && *value;
}

const Array& elements(const Node& record, std::string_view key) {
    static const Array none;
    const Node* node = record.find(key);
    const auto* array = node ? std::get_if<Array>(&node->value) : nullptr;
    return array ? *array : none;
}

Node driver_record(const std::string& version, Kind kind) {
    return Table{{"version", version}, {"kind", to_text(kind)}};
}

Node step_record(const StepReport& step) {
    return Table{{"text", step.text},
                 {"outcome", to_text(step.outcome)},
                 {"usec", step.usec},
                 {"error", step.error}};
}

Node gpu_record(const GpuReport& gpu) {
    return Table{{"address", gpu.gpu.address}, {"pci_id", gpu.gpu.pci_id},
                 {"driver", gpu.gpu.driver},   {"minor", gpu.minor},
                 {"node", gpu.node},           {"ready", gpu.ready}};
}

Verdict verdict_of(const Node& record) {
    Verdict verdict;
    verdict.kind = verdict_kind_of(record.text("verdict")).value_or(VerdictKind::Blocked);
    verdict.bake = record.text("bake");
    for (const Node& entry : elements(record, "reasons"))
        if (auto code = reason_code_of(entry.text("code")))
            verdict.reasons.push_back(
                {*code, entry.text("subject"), entry.text("wanted"), entry.text("found")});
    return verdict;
}

GpuReport gpu_of(const Node& record) {
    return {{record.text("address"), record.text("pci_id"), record.text("driver")},
            static_cast<int>(number(record, "minor")),
            record.text("node"),
            flag(record, "ready")};
}

StepReport step_of(const Node& record) {
    StepReport step{record.text("text"), Outcome::Skipped, number(record, "usec"),
                    record.text("error")};
    if (record.text("outcome") == to_text(Outcome::Done)) step.outcome = Outcome::Done;
    if (record.text("outcome") == to_text(Outcome::Failed)) step.outcome = Outcome::Failed;
    return step;
}

Array remedies(const std::vector<Reason>& reasons) {
    Array texts;
    for (const Reason& reason : reasons)
        texts.push_back(remedy_of(reason));
    return texts;
}

} // namespace

Node record_of(const std::vector<Reason>& reasons) {
    Array records;
    for (const Reason& reason : reasons)
        records.push_back(Table{{"code", name_of(reason)},
                                {"subject", reason.subject},
                                {"wanted", reason.wanted},
                                {"found", reason.found},
                                {"text", to_text(reason)}});
    return records;
}

Node record_of(const Report& report) {
    Table record{{"phase", report.phase},   {"boot_id", report.boot_id},
                 {"at", report.at},         {"began", report.began},
                 {"usec", report.usec},     {"kernel", report.host.kernel},
                 {"arch", report.host.arch}};
    if (report.pin) record.push_back({"pin", driver_record(report.pin->version, report.pin->kind)});
    if (report.loaded)
        record.push_back({"driver", driver_record(report.loaded->version, report.loaded->kind)});
    record.push_back({"verdict", to_text(report.after.kind)});
    record.push_back({"bake", report.after.bake});
    record.push_back({"reasons", record_of(report.after.reasons)});
    record.push_back({"before", Table{{"verdict", to_text(report.before.kind)},
                                      {"bake", report.before.bake},
                                      {"reasons", record_of(report.before.reasons)}}});
    record.push_back({"passed", Array(report.passed.begin(), report.passed.end())});
    Array steps, gpus;
    for (const StepReport& step : report.steps)
        steps.push_back(step_record(step));
    for (const GpuReport& gpu : report.gpus)
        gpus.push_back(gpu_record(gpu));
    record.push_back({"steps", std::move(steps)});
    record.push_back({"gpus", std::move(gpus)});
    record.push_back({"ready", report.ready});
    record.push_back({"remedy", remedies(report.after.reasons)});
    return record;
}

Result<Report> report_of(const Node& record) {
    if (!record.find("phase") || !verdict_kind_of(record.text("verdict")))
        return fail(Errc::BadInput, "no report: wanted the fields phase and verdict");
    Report report;
    report.phase = record.text("phase");
    report.boot_id = record.text("boot_id");
    report.at = number(record, "at");
    report.began = number(record, "began");
    report.usec = number(record, "usec");
    report.host = {record.text("kernel"), record.text("arch")};
    if (const Node* pin = record.find("pin"))
        report.pin =
            Pin{pin->text("version"), kind_of(pin->text("kind")).value_or(Kind::Open), {}, {}};
    if (const Node* driver = record.find("driver"))
        report.loaded = LoadedDriver{
            driver->text("version"), kind_of(driver->text("kind")).value_or(Kind::Open), {}, {}};
    report.after = verdict_of(record);
    if (const Node* before = record.find("before")) report.before = verdict_of(*before);
    for (const Node& gate : elements(record, "passed"))
        if (const auto* text = std::get_if<std::string>(&gate.value))
            report.passed.push_back(*text);
    for (const Node& step : elements(record, "steps"))
        report.steps.push_back(step_of(step));
    for (const Node& gpu : elements(record, "gpus"))
        report.gpus.push_back(gpu_of(gpu));
    report.ready = flag(record, "ready");
    return report;
}

} // namespace gpuboot::report
