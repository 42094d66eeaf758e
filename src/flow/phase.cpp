// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/phase.hpp"

#include <ctime>

#include "base/names.hpp"
#include "decide/gates.hpp"
#include "input/host.hpp"
#include "report/journal.hpp"
#include "report/record.hpp"

namespace gpuboot::flow {

namespace {

using std::chrono::steady_clock;

std::int64_t seconds_since_epoch() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

std::int64_t since_boot() {
    timespec now{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &now); // fails for clocks that do not exist alone
    return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000;
}

/// A phase of one device never stands for the machine.
bool is_last(const model::Report& report) { return !report.phase.starts_with("device"); }

Result<void> write_report(execute::Effects& effects, const model::Report& report) {
    const std::string text = to_json(report::record_of(report)) + "\n";
    if (auto made = effects.ensure_directory(names::report_directory, 0755); !made) return made;
    if (auto put = effects.replace_file(report_path(report.phase), text, 0644); !put) return put;
    return is_last(report) ? effects.replace_file(names::last_report, text, 0644) : Result<void>{};
}

} // namespace

std::string report_path(std::string_view phase) {
    return std::string(names::report_directory) + "/" + std::string(phase) + ".json";
}

std::string now_in_words() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    char text[32] = "";
    if (::gmtime_r(&now, &parts)) (void)std::strftime(text, sizeof text, "%F %R UTC", &parts);
    return text;
}

Run::Run(const Machine& machine, std::string_view phase, const model::Facts& facts,
         model::Verdict before)
    : machine_(machine), begin_(steady_clock::now()) {
    report_.phase = phase;
    report_.boot_id = input::read_boot_id(machine.root);
    report_.at = seconds_since_epoch();
    report_.began = since_boot();
    report_.host = facts.host;
    report_.pin = facts.pin.value;
    report_.passed = decide::passed_gates(facts, before);
    report_.before = std::move(before);
}

void Run::add(const execute::Execution& execution) {
    report_.steps.insert(report_.steps.end(), execution.steps.begin(), execution.steps.end());
}

model::Report Run::finish(const model::Facts& facts, model::Verdict after) {
    report_.loaded = facts.loaded;
    report_.after = std::move(after);
    report_.ready = machine_.root.exists(names::ready_stamp);
    report_.usec =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin_).count();
    if (auto written = write_report(machine_.effects, report_); !written)
        report_.after.reasons.push_back(
            {model::ReasonCode::StepFailed, "write the report", "done", written.error().what});
    report::send_events(report_);
    return report_;
}

} // namespace gpuboot::flow
