// SPDX-License-Identifier: LGPL-2.1-or-later
// A reason: one named difference between what is wanted and what was found. It is data, shown in
// the same words by the command line, the bus and the journal; never an Error.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/printable.hpp"

namespace gpuboot::model {

enum class ReasonCode {
    NoGpu,
    OptedOut,
    PinMissing,
    PinMalformed,
    PolicyMalformed,
    NoBake,
    StoreUnreadable,
    MarkerMissing,
    MarkerMalformed,
    MarkerNewer,
    BakeUnsafe,
    KernelDiffers,
    VersionDiffers,
    KindDiffers,
    ArchDiffers,
    SourceDiffers,
    UserspaceDiffers,
    ModuleNotInBake,
    ModuleNotBaked,
    FileMissing,
    FileUnreadable,
    FileKindDiffers,
    FileSizeDiffers,
    FileDigestDiffers,
    ModuleMalformed,
    SrcversionDiffers,
    DependsDiffer,
    VermagicDiffers,
    SymbolsDiffer,
    OtherDriverLoaded,
    DriverInUse,
    ModuleWedged,
    OriginUnknown,
    ForeignDriver,
    ForeignMalformed,
    ForeignOwned,
    ForeignInUse,
    ForeignChanged,
    ForeignDetour,
    ForeignLeft,
    GpuHeldByOther,
    GpuLeftAlone,
    GpuUnsupported,
    UserspaceMissing,
    UserspaceVersion,
    UserspaceElsewhere,
    FirmwareMissing,
    FirmwarePathTaken,
    LoadRefused,
    LoadForbidden,
    LoadFailed,
    ParameterRefused,
    ModulesDisabled,
    ModuleBlacklisted,
    SignatureMissing,
    SignatureDamaged,
    SigningKeyUnknown,
    MarkedBad,
    RebuildFailed,
    BuildFailedBefore,
    BuildNeedsMemory,
    HeadersMissing,
    CompilerMissing,
    ToolMissing,
    RebuildForbidden,
    GpuUnbound,
    GpuRemovalWaits,
    GpuFellOff,
    NodeWrong,
    OpenFailed,
    NvmlFailed,
    InforomCorrupted,
    CdiConflict,
    RuntimeTooOld,
    RuntimeRefusesCdi,
    RuntimeUnread,
    RuntimeUnconfigured,
    FabricManagerMissing,
    FabricManagerDiffers,
    FabricPartMissing,
    FabricUnready,
    CriticalUnitMissing,
    DeferredUnitMissing,
    UnitFailed,
    StepFailed,
};

/// What the table says of a code: its name on every wire, the sentence, and what to do.
struct ReasonText {
    ReasonCode code;
    std::string_view name;
    std::string_view sentence; ///< with {subject}, {wanted}, {found}
    std::string_view remedy;
};

const ReasonText& text_of(ReasonCode code);
std::optional<ReasonCode> reason_code_of(std::string_view name);

struct Reason {
    ReasonCode code = ReasonCode::NoGpu;
    std::string subject; ///< which bake, file, GPU, unit or field; "" when the code says it all
    std::string wanted;
    std::string found;

    bool operator==(const Reason&) const = default;
};

std::string_view name_of(const Reason& reason);
/// One sentence with wanted and found in it, control characters escaped (F-117).
std::string to_text(const Reason& reason);
std::string_view remedy_of(const Reason& reason);

/// The table, for tests and documentation that must name every code.
extern const std::span<const ReasonText> reason_texts;

} // namespace gpuboot::model
