// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/reason.hpp"

#include <algorithm>
#include <array>

namespace gpuboot::model {

using enum ReasonCode;

namespace {

constexpr auto table = std::to_array<ReasonText>({
    {NoGpu, "no_gpu", "no NVIDIA GPU is on the PCI bus",
     "Nothing to do; a GPU plugged in later is picked up by itself."},
    {OptedOut, "opted_out", "this machine opted out ({found})",
     "To opt in again: gpubootctl opt-in, or remove what opts out and reboot."},
    {PinMissing, "pin_missing", "{subject} does not exist: no driver version is pinned",
     "Write the driver version into /etc/gpuboot/versions.toml; "
     "gpuboot-versions.toml(5) shows the four lines."},
    {PinMalformed, "pin_malformed", "{found}",
     "Correct the line; gpuboot-versions.toml(5) lists every field. Then: gpubootctl rebuild,"
     " which compiles only if no bake fits."},
    {PolicyMalformed, "policy_malformed", "{found}",
     "Correct the line; gpuboot.toml(5) lists every field. Until then the defaults hold."},
    {NoBake, "no_bake", "no bake lies in {subject}", "Make one: gpubootctl bake."},
    {StoreUnreadable, "store_unreadable", "the store cannot be read: {found}",
     "Look at the file system that holds /var/lib/gpuboot."},
    {MarkerMissing, "marker_missing", "{subject} has no marker.toml, so it is no bake",
     "It is never used. Remove the folder, or bake again: gpubootctl bake."},
    {MarkerMalformed, "marker_malformed", "{found}",
     "The bake is never used. Bake again: gpubootctl bake."},
    {MarkerNewer, "marker_newer",
     "{subject} was made by a newer gpuboot: its marker has format {found}, this one reads "
     "{wanted}",
     "Upgrade gpuboot, or bake again with this one: gpubootctl bake. The bake is kept."},
    {BakeUnsafe, "bake_unsafe", "{subject}: wanted {wanted}, found {found}",
     "Someone other than root could have written it. Bake again: gpubootctl bake."},
    {KernelDiffers, "kernel_differs", "{subject} was made for kernel {found}, this is {wanted}",
     "Bake for this kernel: gpubootctl bake --kernel RELEASE."},
    {VersionDiffers, "version_differs", "{subject} holds driver {found}, the pin wants {wanted}",
     "Bake the pinned version: gpubootctl bake."},
    {KindDiffers, "kind_differs", "{subject} holds the {found} driver, the pin wants {wanted}",
     "Bake the pinned kind: gpubootctl bake."},
    {ArchDiffers, "arch_differs", "{subject} was made for {found}, this machine is {wanted}",
     "Bake on, or for, this architecture."},
    {SourceDiffers, "source_differs",
     "{subject} was made from other source: wanted {wanted}, found {found}",
     "Bake from the pinned source: gpubootctl bake."},
    {UserspaceDiffers, "userspace_differs",
     "{subject} bundles other userspace: wanted {wanted}, found {found}",
     "Bake with the userspace that the pin means: gpubootctl bake."},
    {ModuleNotInBake, "module_not_in_bake", "{subject} holds no module {wanted}",
     "Name only modules that the driver builds under [driver] modules in gpuboot.toml; "
     "versions.toml"
     " must name them too, if it names any."},
    {ModuleNotBaked, "module_not_baked",
     "{subject} was baked without module {wanted}, which is asked for now",
     "Bake with it: gpubootctl bake."},
    {FileMissing, "file_missing", "{subject} is missing", "Bake again: gpubootctl bake."},
    {FileUnreadable, "file_unreadable", "{subject} cannot be read: {found}",
     "Look at the disk; then bake again: gpubootctl bake."},
    {FileKindDiffers, "file_kind", "{subject} is {found}, its marker says {wanted}",
     "Somebody has replaced it. Bake again: gpubootctl bake."},
    {FileSizeDiffers, "file_size", "{subject} has {found} bytes, its marker says {wanted}",
     "The file is damaged. Bake again: gpubootctl bake."},
    {FileDigestDiffers, "file_digest",
     "{subject} is damaged: SHA-256 wanted {wanted}, found {found}",
     "Bake again: gpubootctl bake. If it happens twice, look at the disk."},
    {ModuleMalformed, "module_malformed", "{subject} is not {wanted}: {found}",
     "No kernel would load it. Bake again: gpubootctl bake."},
    {SrcversionDiffers, "srcversion_differs",
     "{subject} has srcversion {found}, its marker says {wanted}",
     "Marker and module are not of one build. Bake again: gpubootctl bake."},
    {DependsDiffer, "depends_differ", "{subject} depends on {found}, its marker says {wanted}",
     "Marker and module are not of one build. Bake again: gpubootctl bake."},
    {VermagicDiffers, "vermagic_differs", "{subject} says vermagic \"{found}\", wanted {wanted}",
     "Bake for this kernel: gpubootctl bake."},
    {SymbolsDiffer, "symbols_differ",
     "{subject} was built against another kernel than {wanted} tells: {found}",
     "This kernel would refuse it. Bake for this kernel: gpubootctl bake."},
    {OtherDriverLoaded, "other_driver_loaded", "driver {found} is loaded already, wanted {wanted}",
     "Reboot. If it is loaded again, another installation loads it first: remove that one. See "
     "[driver] replace_loaded in gpuboot.toml(5)."},
    {DriverInUse, "driver_in_use", "reboot needed: module {subject} is in use by {found}",
     "Nothing was unloaded. Reboot; or end what uses it, then: gpubootctl rebuild."},
    {ModuleWedged, "module_wedged", "reboot needed: module {subject} hangs in state \"{found}\"",
     "Only a reboot ends that. journalctl -k shows what it died of or waits for."},
    {OriginUnknown, "origin_unknown",
     "module {subject} stays: no file is known that it could be loaded from again",
     "An initramfs or a file that is gone held it. Remove that driver there "
     "(update-initramfs -u), then reboot."},
    {ForeignDriver, "foreign_driver", "{subject} is not gpuboot's: {found}",
     "gpuboot leaves it alone, but it may be loaded first. Remove it with what installed it, or "
     "take its modules over: gpubootctl adopt."},
    {ForeignMalformed, "foreign_malformed", "{subject} is not what it claims to be: {found}",
     "gpuboot does not use it. Remove it, or repair it with the tool that wrote it."},
    {ForeignOwned, "foreign_owned", "{subject} stays: it belongs to {found}",
     "Nothing to do if that is meant; else remove it with what installed it."},
    {ForeignInUse, "foreign_in_use", "{subject} stays: {found}",
     "End what uses the GPU and unload that driver (modprobe -r nvidia-uvm nvidia-drm "
     "nvidia-modeset nvidia), then: gpubootctl purge --foreign."},
    {ForeignChanged, "foreign_changed",
     "{subject} stays: it is not what was to be removed: wanted {wanted}, found {found}",
     "Find out what wrote it. Delete it by hand, or /var/lib/gpuboot/foreign-intent, after which a "
     "removal looks at everything anew."},
    {ForeignDetour, "foreign_detour", "{subject} stays: {found}",
     "gpuboot deletes nothing behind such a link. Look where it leads, and remove it by hand."},
    {ForeignLeft, "foreign_left", "{subject} is still there: {found}",
     "Mend what it says, then: gpubootctl purge --foreign. Each further run goes on with it."},
    {GpuHeldByOther, "gpu_held_by_other", "GPU {subject} is bound to {found}",
     "Leave it if that is meant; else unbind it, or blacklist that driver, and reboot."},
    {GpuLeftAlone, "gpu_left_alone", "GPU {subject} is left alone: {found} holds it for a guest",
     "Nothing to do if that is meant; else unbind it from that driver."},
    {GpuUnsupported, "gpu_unsupported", "the driver supports no GPU of this machine: {found}",
     "Pin a driver version and kind that supports this GPU. A rebuild would not help."},
    {UserspaceMissing, "userspace_missing", "no userspace driver: wanted {wanted}, found {found}",
     "Install the userspace driver of exactly the pinned version, or set [userspace] rule ="
     " \"if-present\" in gpuboot.toml."},
    {UserspaceVersion, "userspace_version",
     "{subject} is of driver {found}, the pin wants {wanted}: each refuses the other",
     "Install the userspace driver of exactly the pinned version, or pin that of the userspace."},
    {UserspaceElsewhere, "userspace_elsewhere",
     "the loader finds {found} for {subject}, where it should find the bake's {wanted}",
     "Remove the copy that is in the way, then: ldconfig. If it finds nothing: systemctl status"
     " gpuboot-loader."},
    {FirmwareMissing, "firmware_missing",
     "the driver needs the GSP firmware {subject}, found {found}",
     "Install the firmware of exactly the pinned version (Debian: firmware-nvidia-gsp)."},
    {FirmwarePathTaken, "firmware_path_taken",
     "the kernel looks for firmware in {found}, so it cannot be told of {subject} in {wanted}",
     "Take firmware_class.path off the kernel command line, or put the bake's firmware there."},
    {LoadRefused, "load_refused", "the kernel refused {subject}: {found}",
     "Bake again for this kernel: gpubootctl bake."},
    {LoadForbidden, "load_forbidden", "the kernel lets no such module in: {subject}: {found}",
     "Lift the setting it names, or sign the modules and enrol the key (mokutil --import). "
     "A rebuild would not help."},
    {LoadFailed, "load_failed", "the kernel failed twice to load {subject}: {found}",
     "Look at the memory and the disk of this machine, then reboot. A rebuild would not help."},
    {ParameterRefused, "parameter_refused",
     "{subject} has a bad module parameter: wanted {wanted}, found {found}",
     "Correct the \"options\" line below /etc/modprobe.d, or on the kernel command line. "
     "A rebuild would not help."},
    {ModulesDisabled, "modules_disabled", "this kernel takes no modules any more: {found}",
     "Reboot without that setting: it cannot be taken back, and a rebuild would not help."},
    {ModuleBlacklisted, "module_blacklisted", "the kernel is told to refuse {subject}: {found}",
     "Take the module off that list and reboot, or opt out: gpuboot=off."},
    {SignatureMissing, "signature_missing",
     "{subject} is unsigned, and this kernel takes signed modules alone ({wanted})",
     "Sign the modules and enrol the key (mokutil --import), or lift that setting. "
     "This version signs nothing, so a rebuild would not help."},
    {SignatureDamaged, "signature_damaged", "{subject} carries a damaged signature: {found}",
     "Every kernel refuses it. Sign the module anew, or bake without a signature."},
    {SigningKeyUnknown, "signing_key_unknown",
     "{subject} is signed by {found}, which this kernel does not know ({wanted})",
     "Enrol that key (mokutil --import) and reboot, or sign with one the kernel knows. "
     "A rebuild would not help."},
    {MarkedBad, "marked_bad", "{subject} is marked bad on this kernel: {found}",
     "It is not loaded again. gpubootctl rebuild --force makes it anew and lifts the mark; "
     "so does a kernel that was built anew."},
    {RebuildFailed, "rebuild_failed", "the rebuild of this boot failed: {found}",
     "Read /var/lib/gpuboot/build.log, mend the cause, then: gpubootctl rebuild."},
    {BuildFailedBefore, "build_failed_before",
     "compiling {subject} failed before: {found}; the same inputs are not compiled again",
     "Boot the former kernel, or install another driver, compiler or kernel: changed inputs are "
     "tried by themselves. The same again: gpubootctl rebuild --force. The whole log lies beside "
     "the record in /var/lib/gpuboot/records/failed."},
    {BuildNeedsMemory, "build_needs_memory",
     "the compile ran out of memory, also one file at a time; it needs about {wanted}: {found}",
     "Add memory or swap, or bake on another machine; then: gpubootctl rebuild."},
    {HeadersMissing, "headers_missing",
     "this kernel's headers are incomplete: {subject}: found {found}, package {wanted} brings it",
     "Install the package that is named; then: gpubootctl rebuild."},
    {CompilerMissing, "compiler_missing",
     "this kernel's compiler is missing: {subject}: found {found}, package {wanted} brings it",
     "Install the package that is named; then: gpubootctl rebuild."},
    {ToolMissing, "tool_missing",
     "a compile needs {subject}: found {found}, package {wanted} brings it",
     "Install the package that is named; then: gpubootctl rebuild."},
    {RebuildForbidden, "rebuild_forbidden", "policy forbids a rebuild on this machine ({subject})",
     "Bake into the image, or set [rebuild] allow = true in gpuboot.toml."},
    {GpuUnbound, "gpu_unbound",
     "GPU {subject} is not bound to the driver: wanted {wanted}, found {found}",
     "Read the kernel's own lines: journalctl -k -g NVRM."},
    {GpuRemovalWaits, "gpu_removal_waits",
     "GPU {subject} is being removed, which waits for who has it open: {found}",
     "End these processes or containers; the removal then goes on by itself."},
    {GpuFellOff, "gpu_fell_off", "GPU {subject} does not answer any more: {found}",
     "Drain the machine and power-cycle it; the Xid lines in journalctl -k tell what went before."},
    {NodeWrong, "node_wrong", "{subject}: wanted {wanted}, found {found}",
     "Remove what lies there if it is not yours, then: gpubootctl rebuild or reboot."},
    {OpenFailed, "open_failed", "{subject} does not open: {found}",
     "Look for missing firmware of this very driver version, and for XID lines in journalctl -k."},
    {NvmlFailed, "nvml_failed", "NVML does not answer: {found}",
     "Install the userspace driver of exactly the pinned version."},
    {InforomCorrupted, "inforom_corrupted", "the GPU of {subject} works, but {found}",
     "Keep an eye on it: nvidia-smi -q and XID lines in journalctl -k; ask the vendor to replace "
     "it."},
    {CdiConflict, "cdi_conflict",
     "{subject} speaks for the GPUs too: wanted {wanted}, found {found}",
     "Remove that file, then: systemctl restart gpuboot-init. Until then gpuboot writes none."},
    {RuntimeTooOld, "runtime_too_old",
     "{subject} knows no CDI devices: wanted {wanted}, found {found}",
     "Update it; until then NVIDIA's own runtime or podman gives GPUs to containers."},
    {RuntimeRefusesCdi, "runtime_refuses_cdi",
     "{subject} gives containers no CDI devices: wanted {wanted}, found {found}",
     "Change that there, or take it out of [containers] configure in gpuboot.toml."},
    {RuntimeUnread, "runtime_unread", "{subject}: wanted {wanted}, found {found}",
     "Mend that file; gpuboot has left it as it is."},
    {RuntimeUnconfigured, "runtime_unconfigured",
     "{subject} could not be told of CDI: wanted {wanted}, found {found}",
     "Make what is missing there, its folder perhaps, then: systemctl restart gpuboot-init."},
    {FabricManagerMissing, "fabric_manager_missing",
     "the GPUs' fabric wants {subject} {wanted}, and {found}",
     "Install the fabric manager of exactly the driver's version, or set [units] fabric_manager."},
    {FabricManagerDiffers, "fabric_manager_differs",
     "{subject} is not of the driver's version: wanted {wanted}, found {found}",
     "Install the fabric manager of exactly the driver's version."},
    {FabricPartMissing, "fabric_part_missing",
     "the GPUs' fabric wants {subject}, {wanted}: {found}",
     "modprobe ib_umad, or install nvlsm; without it the fabric manager finds no switch."},
    {FabricUnready, "fabric_unready", "{subject} runs, but wanted {wanted}, found {found}",
     "journalctl -u nvidia-fabricmanager and nvidia-smi -q (Fabric) say more."},
    {CriticalUnitMissing, "critical_unit_missing",
     "critical unit {subject}: wanted {wanted}, found {found}",
     "Install or unmask it, or take it out of [units] critical in gpuboot.toml."},
    {DeferredUnitMissing, "deferred_unit_missing",
     "deferred unit {subject}: wanted {wanted}, found {found}",
     "Install or unmask it, or take it out of [units] deferred in gpuboot.toml."},
    {UnitFailed, "unit_failed", "critical unit {subject} did not start: {found}",
     "systemctl status of that unit says why; [units] critical in gpuboot.toml names it."},
    {StepFailed, "step_failed", "could not {subject}: {found}",
     "Look at the file system or setting it names, then: gpubootctl rebuild or reboot."},
});

} // namespace

constinit const std::span<const ReasonText> reason_texts{table};

const ReasonText& text_of(ReasonCode code) {
    return reason_texts[static_cast<std::size_t>(code)]; // in the enum's order: a test holds it
}

std::optional<ReasonCode> reason_code_of(std::string_view name) {
    const auto entry = std::ranges::find(reason_texts, name, &ReasonText::name);
    if (entry == reason_texts.end()) return std::nullopt;
    return entry->code;
}

std::string_view name_of(const Reason& reason) { return text_of(reason.code).name; }
std::string_view remedy_of(const Reason& reason) { return text_of(reason.code).remedy; }

std::string to_text(const Reason& reason) {
    std::string out;
    std::string_view rest = text_of(reason.code).sentence;
    while (!rest.empty()) {
        const auto open = rest.find('{');
        out += rest.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = rest.find('}', open);
        const std::string_view field = rest.substr(open + 1, close - open - 1);
        out += printable(field == "subject"  ? reason.subject
                         : field == "wanted" ? reason.wanted
                                             : reason.found);
        rest.remove_prefix(close + 1);
    }
    return out;
}

} // namespace gpuboot::model
