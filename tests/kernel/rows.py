# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each module does in each kernel: the table that gpuboot's judgement is held against (fault-model 1, F-35..F-39,
F-84, F-86). A row passes when the kernel answers `errno` and gpuboot either said so before, or knows what it means.
"""

from dataclasses import dataclass

ANY = "any"  # another part of gpuboot may foresee it; if it does not, `after` must hold


@dataclass(frozen=True)
class Row:
    variant: str
    errno: str = ""        # "": the kernel takes it
    before: str = ""       # the reason by which gpuboot foresees the refusal; "": it foresees none
    after: str = ""        # the reason that the errno is, where it was not foreseen
    verdict: str = ""      # and the verdict then
    module: str = "nvidia"
    how: str = "once"      # twice, race (four loaders), powerless (no CAP_SYS_MODULE), disabled (modules_disabled=1 first)
    options: str = ""      # of modprobe.d
    line: str = ""         # must be part of the kernel's own line as gpuboot reads it
    label: str = ""

    @property
    def name(self):
        return self.label or self.variant


def rebuild(variant, errno, line="", **more):
    return Row(variant, errno, before=ANY, after="load_refused", verdict="rebuild", line=line, **more)


def damaged(variant, errno="EBADMSG"):
    return Row(variant, errno, before="signature_damaged")


def debian(variant, errno="", **more):
    return Row(variant, errno, module="dummy", **more)


def init(result, errno, **more):
    return Row("unsigned", errno, options=f"result={result}", label=f"init-answers-{result}", **more)


FORBIDDEN = {"after": "load_forbidden", "verdict": "blocked"}
DAMAGED = [damaged("signature-cut"), damaged("signature-cut-unsaid"), damaged("signature-not-der"),
           damaged("signature-length-lies"), damaged("signature-fields-odd")]

PLAIN = [
    Row("unsigned"), Row("signed"), debian("debian"),
    *DAMAGED,
    Row("signature-not-pkcs7"), Row("signature-magic-flipped"), Row("signature-value-flipped"),
    debian("debian-body-flipped", "EKEYREJECTED", **FORBIDDEN),
    debian("debian-value-flipped", "EKEYREJECTED", **FORBIDDEN),
    rebuild("empty", "ENOEXEC"), rebuild("cut", "ENOEXEC"), rebuild("not-elf", "ENOEXEC"),
    Row("zeros-appended"),
    rebuild("crc-of-symbol", "EINVAL", "disagrees about version of symbol _printk"),
    rebuild("crc-of-layout", "ENOEXEC", "disagrees about version of symbol module_layout"),
    rebuild("vermagic-word", "ENOEXEC", "version magic"),
    Row("vermagic-release"),
    rebuild("symbol-unknown", "ENOENT", "Unknown symbol _prinxx"),
    Row("unsigned", "EINVAL", after="parameter_refused", verdict="blocked", options="result=many",
        line="`many' invalid for parameter `result'", label="parameter-bad"),
    Row("unsigned", options="no_such=1", label="parameter-unknown"),
    init(-19, "ENODEV", after="gpu_unsupported", verdict="blocked", line="NVRM: init answers -19"),
    init(-12, "ENOMEM", after="load_failed", verdict="blocked"),
    init(-5, "EIO", after="load_failed", verdict="blocked"),
    init(-14, "EFAULT", after="load_failed", verdict="blocked"),
    init(-71, "EPROTO", after="load_refused", verdict="rebuild"),
    init(3, ""),
    Row("unsigned", how="twice", label="live-already"),
    Row("unsigned", how="race", options="wait=300", label="four-loaders"),
    Row("unsigned", "ENODEV", after="gpu_unsupported", verdict="blocked", how="race",
        options="wait=300 result=-19", label="four-loaders-no-gpu"),
    Row("unsigned", "EPERM", how="powerless", label="no-capability", **FORBIDDEN),
    Row("unsigned", "EPERM", before="modules_disabled", how="disabled", label="modules-disabled"),
]


def demanding(errno, line):
    return [
        Row("unsigned", errno, before="signature_missing", line=line),
        Row("signed", errno, before="signing_key_unknown", line=line),
        Row("signature-magic-flipped", errno, before="signature_missing"),
        Row("signature-not-pkcs7", errno, before="signature_missing"),
        *DAMAGED,
        debian("debian"),
        debian("debian-body-flipped", "EKEYREJECTED", **FORBIDDEN),
    ]


LOCKDOWN = "Lockdown: "
# kernel command line -> rows that share one boot
BOOTS = {
    "": PLAIN,
    "module.sig_enforce=1": demanding("EKEYREJECTED", "Loading of "),
    "lockdown=integrity": demanding("EPERM", LOCKDOWN),
    # At such a boot the kernel says so many such lines that it suppresses the later ones.
    "lockdown=confidentiality": demanding("EPERM", "")[:2],
    "nomodule": [Row("unsigned", "EPERM", before="modules_disabled")],
    "module_blacklist=nouveau,nvidia": [
        Row("unsigned", "EPERM", before="module_blacklisted", line="is blacklisted"), debian("debian")],
}
