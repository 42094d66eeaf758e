// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/teardown.hpp"

#include <syslog.h>

#include "report/journal.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

std::string status_of(bool cleaned) { return cleaned ? "cleaned" : "incomplete"; }

std::string states_of(const std::vector<Part>& parts) {
    std::string before, after;
    for (const Part& part : parts) {
        before += " " + part.name + "_before=" + part.before;
        after += " " + part.name + "_after=" + part.after;
    }
    return before + after;
}

void send(const names::Event& event, bool cleaned, const std::vector<Part>& parts) {
    send_event(
        event, cleaned ? LOG_NOTICE : LOG_ERR, line_of(cleaned, parts),
        {{"GPUBOOT_STATUS", status_of(cleaned)}, {"GPUBOOT_STATES", states_of(parts).substr(1)}});
}

/// The names of the reasons, each once, in the order in which they were met.
std::string reasons_of(const Teardown& teardown) {
    std::string text;
    for (const Reason& reason : teardown.kept)
        if (!(" " + text + " ").contains(" " + std::string(name_of(reason)) + " "))
            text += (text.empty() ? "" : " ") + std::string(name_of(reason));
    return text;
}

const Reason* first_left(const Teardown& teardown) {
    for (const Reason& reason : teardown.kept)
        if (reason.code != ReasonCode::ForeignOwned) return &reason;
    return nullptr;
}

} // namespace

std::string line_of(const Teardown& teardown) {
    return "event=teardown status=" + status_of(teardown.cleaned) +
           " removed=" + std::to_string(teardown.removed.size()) +
           " kept=" + std::to_string(teardown.kept.size()) + " " +
           to_text(teardown.before, "before") + " " + to_text(teardown.after, "after");
}

void send_teardown(const Teardown& teardown) {
    const Reason* left = first_left(teardown);
    send_event(names::foreign_removed, teardown.cleaned ? LOG_NOTICE : LOG_ERR,
               line_of(teardown) + (left ? ": " + to_text(*left) : ""),
               {{"GPUBOOT_STATUS", status_of(teardown.cleaned)},
                {"GPUBOOT_REASONS", reasons_of(teardown)},
                {"GPUBOOT_REMOVED", std::to_string(teardown.removed.size())},
                {"GPUBOOT_KEPT", std::to_string(teardown.kept.size())},
                {"GPUBOOT_BEFORE", to_text(teardown.before, "before")},
                {"GPUBOOT_AFTER", to_text(teardown.after, "after")},
                {"GPUBOOT_PATH", left ? left->subject : ""},
                {"GPUBOOT_FOUND", left ? left->found : ""}});
}

std::string line_of(bool cleaned, const std::vector<Part>& parts) {
    return "event=teardown status=" + status_of(cleaned) + states_of(parts);
}

void send_purged(bool cleaned, const std::vector<Part>& parts) {
    send(names::bakes_purged, cleaned, parts);
}

void send_released(bool cleaned, const std::vector<Part>& parts) {
    send(names::driver_released, cleaned, parts);
}

void send_managed_gpu(bool marker_present, bool kind_match) {
    const auto word = [](bool truth) { return std::string(truth ? "true" : "false"); };
    send_event(names::managed_gpu, LOG_INFO,
               "event=managed_gpu marker_present=" + word(marker_present) +
                   " kind_match=" + word(kind_match),
               {{"GPUBOOT_MARKER", word(marker_present)}, {"GPUBOOT_MATCH", word(kind_match)}});
}

} // namespace gpuboot::report
