// SPDX-License-Identifier: LGPL-2.1-or-later
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "report/journal.hpp"

#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include <algorithm>

namespace gpuboot::report {

using namespace model;

names::Event event_of(ReasonCode code) {
    using enum ReasonCode;
    switch (code) {
    case PinMissing:
    case PinMalformed:
    case PolicyMalformed: return names::input_invalid;
    case FileMissing:
    case FileUnreadable:
    case FileKindDiffers:
    case FileSizeDiffers:
    case FileDigestDiffers:
    case ModuleMalformed:
    case SrcversionDiffers:
    case DependsDiffer:
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
    case ForeignOwned:
    case ForeignInUse:
    case ForeignChanged:
    case ForeignDetour:
    case ForeignLeft: return names::foreign_removed;
    case MarkedBad: return names::fell_back;
    case GpuUnbound:
    case NodeWrong:
    case OpenFailed:
    case NvmlFailed:
    case GpuRemovalWaits:
    case GpuFellOff:
    case InforomCorrupted:
    case CdiConflict:
    case RuntimeTooOld:
    case RuntimeRefusesCdi:
    case RuntimeUnread:
    case RuntimeUnconfigured: return names::gpu_changed;
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
    case UserspaceDiffers:
    case ModuleNotInBake:
    case ModuleNotBaked:
    case VermagicDiffers:
    case MarkerNewer:
    case UserspaceMissing:
    case UserspaceVersion:
    case UserspaceElsewhere:
    case FirmwareMissing:
    case FirmwarePathTaken:
    case SymbolsDiffer:
    case OtherDriverLoaded:
    case OriginUnknown:
    case ForeignDriver:
    case GpuHeldByOther:
    case GpuLeftAlone:
    case RebuildForbidden:
    case FabricManagerMissing:
    case FabricManagerDiffers:
    case FabricPartMissing:
    case FabricUnready:
    case CriticalUnitMissing:
    case DeferredUnitMissing:
    case UnitFailed:
    case StepFailed: return names::verdict_reached;
    }
    return names::verdict_reached;
}

namespace {

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

/// A marked bake is an event of its own when another one took its place just now.
bool took_its_place(const Report& report, const Reason& reason) {
    const auto activated = [](const StepReport& step) {
        return step.outcome == Outcome::Done && step.text.starts_with("activate ");
    };
    return report.after.kind == VerdictKind::Ready && report.after.bake != reason.subject &&
           std::ranges::any_of(report.steps, activated);
}

void send_reason(const Report& report, const Reason& reason) {
    const names::Event event = event_of(reason.code);
    if (event.id == names::verdict_reached.id) return; // which names it already
    if (reason.code == ReasonCode::MarkedBad && !took_its_place(report, reason)) return;
    const bool fell_back = reason.code == ReasonCode::MarkedBad;
    send_event(event, fell_back ? LOG_WARNING : LOG_ERR,
               fell_back ? "bake " + report.after.bake + " took over: " + to_text(reason)
                         : to_text(reason),
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
        if (reason.code != ReasonCode::MarkedBad) send_reason(report, reason);
    for (const Reason& reason : verdict.reasons) {
        bool said = false;
        for (const Reason& earlier : report.before.reasons)
            said = said || (earlier == reason && reason.code != ReasonCode::MarkedBad);
        if (!said) send_reason(report, reason);
    }
}

} // namespace gpuboot::report
