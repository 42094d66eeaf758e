// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/story.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <set>

#include "report/sentences.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

std::string time_of_day(std::int64_t at) {
    const std::time_t seconds = static_cast<std::time_t>(at);
    std::tm parts{};
    char text[32] = "";
    if (::gmtime_r(&seconds, &parts)) (void)std::strftime(text, sizeof text, "%F %T UTC", &parts);
    return text;
}

std::string duration(std::int64_t usec) {
    char text[32];
    if (usec < 10'000'000)
        std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(usec) / 1000.0);
    else
        std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(usec) / 1e6);
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string gate_lines(const std::vector<Reason>& reasons, const std::vector<Reason>& told) {
    std::string text;
    for (const Reason& reason : reasons) {
        if (std::ranges::find(told, reason) != told.end()) continue;
        text += "   - " + to_text(reason) + " [" + std::string(name_of(reason)) + "]\n";
        if (reason.wanted.empty() && reason.found.empty()) continue;
        text += "     wanted " + (reason.wanted.empty() ? "nothing" : printable(reason.wanted)) +
                "; found " + (reason.found.empty() ? "nothing" : printable(reason.found)) + "\n";
    }
    return text;
}

std::string step_lines(const std::vector<StepReport>& steps) {
    std::string text;
    for (const StepReport& step : steps) {
        text += "   " + std::string(to_text(step.outcome)) + ": " + printable(step.text);
        if (step.outcome != Outcome::Skipped) text += " (" + duration(step.usec) + ")";
        text += "\n";
        if (!step.error.empty()) text += "     because: " + printable(step.error) + "\n";
    }
    return text;
}

std::string gpu_lines(const std::vector<GpuReport>& gpus) {
    std::string text;
    for (const GpuReport& gpu : gpus)
        text += "   GPU " + gpu.gpu.address + " (" + gpu.gpu.pci_id +
                "): " + (gpu.gpu.driver.empty() ? "no driver" : "driver " + gpu.gpu.driver) +
                (gpu.node.empty() ? "" : ", " + gpu.node) +
                (gpu.ready ? ", ready\n" : ", not ready\n");
    return text;
}

std::string chapter(std::size_t number, const Report& report) {
    std::string text = std::to_string(number) + ". " + report.phase + ", " +
                       time_of_day(report.at) + ", took " + duration(report.usec) + "\n" +
                       "   found " + headline_of(report.before) + "\n";
    if (!report.passed.empty()) text += "   passed: " + printable(joined(report.passed)) + "\n";
    text +=
        gate_lines(report.before.reasons, {}) + step_lines(report.steps) + gpu_lines(report.gpus);
    if (report.after != report.before)
        text += "   then " + headline_of(report.after) + "\n" +
                gate_lines(report.after.reasons, report.before.reasons);
    return text;
}

std::string advice(const Verdict& verdict) {
    std::string text;
    std::set<std::string_view> said;
    for (const Reason& reason : verdict.reasons)
        if (said.insert(remedy_of(reason)).second)
            text += "  => " + std::string(remedy_of(reason)) + " [" + std::string(name_of(reason)) +
                    "]\n";
    return text.empty() ? "Nothing is left to do.\n"
                        : "What to do (gpuboot-reasons(7) says more of each):\n" + text;
}

} // namespace

std::string to_story(const std::vector<Report>& reports) {
    if (reports.empty()) return "";
    const Report& last = reports.back();
    std::string text = "This boot, on kernel " + last.host.kernel + " (" + last.host.arch + ")";
    if (last.pin)
        text += ", with driver " + last.pin->version + " (" + std::string(to_text(last.pin->kind)) +
                ") pinned";
    text += ": " + headline_of(last.after) + ".\n";
    if (last.loaded)
        text += "Driver " + last.loaded->version + " is loaded, and the machine is " +
                (last.ready ? "ready.\n" : "not ready.\n");
    for (std::size_t i = 0; i < reports.size(); ++i)
        text += "\n" + chapter(i + 1, reports[i]);
    return text + "\n" + advice(last.after);
}

} // namespace gpuboot::report
