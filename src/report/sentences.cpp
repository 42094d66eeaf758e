// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/sentences.hpp"

#include <cstdio>
#include <set>

namespace gpuboot::report {

namespace {

using namespace model;

std::string milliseconds(std::int64_t usec) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(usec) / 1000.0);
    return text;
}

std::string headline(const Verdict& verdict) {
    const std::string bake = verdict.bake.empty() ? "" : " " + verdict.bake;
    switch (verdict.kind) {
    case VerdictKind::Ready:
        return "ready: the pinned driver is live" + (bake.empty() ? "" : ", from bake" + bake);
    case VerdictKind::Fast: return "fast: bake" + bake + " fits this machine";
    case VerdictKind::Fetch: return "fetch: no bake here fits, a depot may hold one";
    case VerdictKind::Rebuild: return "rebuild: no bake fits, a compile is needed";
    case VerdictKind::Idle: return "idle: there is no GPU to drive, the bakes stay inert";
    case VerdictKind::OptedOut: return "opted_out: no driver is wanted from gpuboot";
    case VerdictKind::Blocked: return "blocked: a person has to act";
    }
    return "";
}

std::string reason_lines(const Verdict& verdict) {
    std::string text;
    for (const Reason& reason : verdict.reasons)
        text += "  - " + to_text(reason) + " [" + std::string(name_of(reason)) + "]\n";
    return text;
}

std::string remedy_lines(const Verdict& verdict) {
    std::string text;
    std::set<std::string_view> said;
    for (const Reason& reason : verdict.reasons)
        if (said.insert(remedy_of(reason)).second)
            text += "  => " + std::string(remedy_of(reason)) + "\n";
    return text;
}

std::string step_line(const StepReport& step) {
    std::string text = "  " + std::string(to_text(step.outcome)) + ": " + step.text;
    if (step.outcome != Outcome::Skipped) text += " (" + milliseconds(step.usec) + ")";
    if (!step.error.empty()) text += "\n    because: " + printable(step.error);
    return text + "\n";
}

std::string gpu_line(const GpuReport& gpu) {
    return "  GPU " + gpu.gpu.address + " (" + gpu.gpu.pci_id +
           "): " + (gpu.gpu.driver.empty() ? "no driver" : "driver " + gpu.gpu.driver) +
           (gpu.node.empty() ? "" : ", " + gpu.node) + (gpu.ready ? ", ready" : ", not ready") +
           "\n";
}

} // namespace

std::string headline_of(const Verdict& verdict) { return headline(verdict); }

std::string to_sentences(const Verdict& verdict) {
    return headline(verdict) + "\n" + reason_lines(verdict) + remedy_lines(verdict);
}

std::string to_sentences(const Plan& plan) {
    if (plan.empty()) return "  nothing to do\n";
    std::string text;
    for (std::size_t i = 0; i < plan.size(); ++i)
        text += "  " + std::to_string(i + 1) + ". " + to_text(plan[i]) + "\n";
    return text;
}

std::string to_sentences(const Report& report) {
    std::string text = "Phase " + report.phase + " on kernel " + report.host.kernel + " (" +
                       report.host.arch + "), " + milliseconds(report.usec) + "\n";
    if (report.pin)
        text += "Pinned: driver " + report.pin->version + " (" +
                std::string(to_text(report.pin->kind)) + ")\n";
    text += "Found: " + headline(report.before) + "\n" + reason_lines(report.before);
    if (!report.steps.empty()) text += "Done:\n";
    for (const StepReport& step : report.steps)
        text += step_line(step);
    if (report.loaded)
        text += "Loaded: driver " + report.loaded->version + " (" +
                std::string(to_text(report.loaded->kind)) + ")\n";
    for (const GpuReport& gpu : report.gpus)
        text += gpu_line(gpu);
    return text + "Then: " + to_sentences(report.after);
}

} // namespace gpuboot::report
