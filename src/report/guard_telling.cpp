// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/guard_telling.hpp"

#include <syslog.h>

#include "report/journal.hpp"

namespace gpuboot::report {

using namespace model;

namespace {

std::string reason_of(const Guard& guard) {
    return guard.reasons.empty() ? "" : to_text(guard.reasons.front());
}

} // namespace

std::string status_of(const Guard& guard) {
    if (guard.holds()) return "holds";
    if (!guard.obstacle.empty()) return "cannot";
    return guard.act == GuardAct::Release ? "ended" : "";
}

std::string sentence_of(const Guard& guard) {
    const std::string obstacle = printable(guard.obstacle);
    if (guard.holds())
        return "kernel " + guard.newest + " has no driver for this machine's GPU; " + guard.kernel +
               " stays the one that boots";
    if (!obstacle.empty() && guard.newest.empty())
        return "no kernel can be kept as the default: " + obstacle;
    if (!obstacle.empty())
        return "kernel " + guard.newest + " has no driver for this machine's GPU, and " +
               guard.kernel + " cannot be kept as the default: " + obstacle;
    if (guard.act == GuardAct::Release)
        return "kernel " + guard.record.kernel + " is not kept as the default any more";
    return "";
}

std::string motd_of(const Guard& guard) {
    if (!guard.holds()) return "";
    std::string text = "gpuboot: " + sentence_of(guard) + ".\n";
    if (!guard.reasons.empty())
        text += "  Why: " + reason_of(guard) +
                "\n  What to do: " + std::string(remedy_of(guard.reasons.front())) + "\n";
    return text + "  `gpubootctl kernels` tells more. To boot " + guard.newest +
           " all the same, choose it in the boot menu.\n";
}

void send_guard(const Guard& guard) {
    const std::string status = status_of(guard), reason = reason_of(guard);
    if (status.empty()) return;
    send_event(names::kernel_kept, status == "ended" ? LOG_NOTICE : LOG_WARNING,
               sentence_of(guard) + (status == "ended" || reason.empty() ? "" : ": " + reason),
               {{"GPUBOOT_STATUS", status},
                {"GPUBOOT_KERNEL", guard.kernel.empty() ? guard.record.kernel : guard.kernel},
                {"GPUBOOT_NEWEST", guard.newest},
                {"GPUBOOT_REASONS",
                 guard.reasons.empty() ? "" : std::string(name_of(guard.reasons.front()))},
                {"GPUBOOT_PATH", guard.record.file},
                {"GPUBOOT_FOUND", printable(guard.obstacle)}});
}

} // namespace gpuboot::report
