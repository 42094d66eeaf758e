// SPDX-License-Identifier: LGPL-2.1-or-later
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "report/journal.hpp"

#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include <optional>

namespace gpuboot::report {

namespace {

using namespace model;

std::optional<names::Event> event_of(ReasonCode code) {
    using enum ReasonCode;
    switch (code) {
    case PinMissing:
    case PinMalformed:
    case PolicyMalformed: return names::input_invalid;
    case FileMissing:
    case FileUnreadable:
    case FileSizeDiffers:
    case FileDigestDiffers:
    case BakeUnsafe:
    case MarkerMalformed: return names::bake_damaged;
    case LoadRefused:
    case LoadForbidden:
    case LoadFailed:
    case ParameterRefused:
    case ModulesDisabled:
    case ModuleBlacklisted:
    case SignatureMissing:
    case SignatureDamaged:
    case SigningKeyUnknown:
    case GpuUnsupported: return names::load_refused;
    case RebuildFailed:
    case BuildFailedBefore:
    case BuildNeedsMemory:
    case HeadersMissing:
    case CompilerMissing:
    case ToolMissing: return names::build_failed;
    case DriverInUse:
    case ModuleWedged: return names::module_in_use;
    case ForeignMalformed: return names::input_invalid;
    case GpuUnbound:
    case NodeWrong:
    case OpenFailed:
    case NvmlFailed: return names::gpu_changed;
    case NoGpu:
    case OptedOut:
    case NoBake:
    case StoreUnreadable:
    case MarkerMissing:
    case KernelDiffers:
    case VersionDiffers:
    case KindDiffers:
    case ArchDiffers:
    case SourceDiffers:
    case ModuleNotInBake:
    case VermagicDiffers:
    case MarkerNewer:
    case UserspaceMissing:
    case UserspaceVersion:
    case FirmwareMissing:
    case OtherDriverLoaded:
    case OriginUnknown:
    case ForeignDriver:
    case GpuHeldByOther:
    case GpuLeftAlone:
    case RebuildForbidden:
    case UnitFailed:
    case StepFailed: return std::nullopt;
    }
    return std::nullopt;
}

std::string reason_names(const Verdict& verdict) {
    std::string text;
    for (const Reason& reason : verdict.reasons)
        text += (text.empty() ? "" : " ") + std::string(name_of(reason));
    return text;
}

std::string failed_step(const Report& report) {
    for (const StepReport& step : report.steps)
        if (step.outcome == Outcome::Failed) return step.text;
    return "";
}

void send_reason(const Reason& reason) {
    const auto event = event_of(reason.code);
    if (!event) return;
    send_event(*event, LOG_ERR, to_text(reason),
               {{"GPUBOOT_REASONS", std::string(name_of(reason))},
                {"GPUBOOT_PATH", reason.subject},
                {"GPUBOOT_WANTED", reason.wanted},
                {"GPUBOOT_FOUND", reason.found}});
}

} // namespace

void send_event(const names::Event& event, int priority, const std::string& message,
                const JournalFields& fields) {
    std::vector<std::string> lines{"MESSAGE=" + message, "MESSAGE_ID=" + std::string(event.id),
                                   "PRIORITY=" + std::to_string(priority),
                                   "SYSLOG_IDENTIFIER=gpuboot"};
    for (const auto& [name, value] : fields)
        if (!value.empty()) lines.push_back(std::string(name) + "=" + value);
    std::vector<iovec> vectors;
    vectors.reserve(lines.size());
    for (std::string& line : lines)
        vectors.push_back({line.data(), line.size()});
    (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

void send_events(const Report& report) {
    const Verdict& verdict = report.after;
    const bool calm = verdict.kind == VerdictKind::Ready || verdict.kind == VerdictKind::Idle ||
                      verdict.kind == VerdictKind::OptedOut;
    std::string message = "verdict of " + report.phase + ": " + std::string(to_text(verdict.kind));
    for (const Reason& reason : verdict.reasons)
        message += "; " + to_text(reason);
    send_event(names::verdict_reached, calm ? LOG_NOTICE : LOG_WARNING, message,
               {{"GPUBOOT_PHASE", report.phase},
                {"GPUBOOT_VERDICT", std::string(to_text(verdict.kind))},
                {"GPUBOOT_REASONS", reason_names(verdict)},
                {"GPUBOOT_STEP", failed_step(report)},
                {"GPUBOOT_BAKE", verdict.bake},
                {"GPUBOOT_DRIVER", report.loaded ? report.loaded->version : ""},
                {"GPUBOOT_KERNEL", report.host.kernel},
                {"GPUBOOT_USEC", std::to_string(report.usec)}});
    for (const Reason& reason : report.before.reasons)
        send_reason(reason);
    for (const Reason& reason : verdict.reasons) {
        bool said = false;
        for (const Reason& earlier : report.before.reasons)
            said = said || earlier == reason;
        if (!said) send_reason(reason);
    }
}

} // namespace gpuboot::report
