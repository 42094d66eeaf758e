# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boots one small guest for each kernel command line, and holds every row against what the kernel did."""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "machine/kit")]

import config  # noqa: E402
import rows  # noqa: E402
import small_guest  # noqa: E402
import variants  # noqa: E402
from cache import Cache, digest  # noqa: E402
from tree import run  # noqa: E402

TOP, KERNEL = config.TOP, config.KERNEL
HEADERS = Path(f"/usr/src/linux-headers-{KERNEL}")
PIN = ('schema = 1\n[driver]\nversion = "1.0.0"\nkind = "open"\n[driver.source]\ntype = "dkms"\nname = "test"\n'
       f'sha256 = "{"a" * 64}"\n')


def fetch_kernel(folder):
    """The kernel's package as Debian signed it, from this machine's own archives."""
    run("apt-get", "-qq", "download", f"linux-image-{KERNEL}", cwd=folder)
    [package] = folder.glob("linux-image-*.deb")
    wanted = [f"./boot/vmlinuz-{KERNEL}", f"./lib/modules/{KERNEL}/{variants.DEBIAN_MODULE}"]
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    for name, target in zip(wanted, ("vmlinuz", "debian.ko")):
        content = subprocess.run(["tar", "-xO", name], input=archive, check=True, capture_output=True).stdout
        (folder / target).write_bytes(content)
    package.unlink()


def build_guest(folder):
    if not (folder / "build.ninja").exists():
        run("meson", "setup", folder, TOP, "--native-file", TOP / "tests/dev.ini", "-Db_sanitize=none",
            "-Doptimization=0", "-Ddebug=false")
    run("ninja", "-C", folder, "tests/kernel/kernel-guest")
    return folder / "tests/kernel/kernel-guest"


def initramfs(guest, modules):
    """Without the rows: those are another archive behind this one, which the kernel unpacks too."""
    archive = small_guest.Archive()
    archive.add("/init", guest.read_bytes(), 0o755)
    for library in small_guest.libraries(guest):
        archive.add(library, Path(library).read_bytes(), 0o755)
    for name, image in modules.items():
        archive.add(f"/variants/{name}", image)
    archive.add("/etc/gpuboot/versions.toml", PIN.encode())
    archive.add("/lib/firmware/nvidia/1.0.0/gsp_tu10x.bin", b"firmware\n")
    archive.add(f"/lib/modules/{KERNEL}/build/Module.symvers", (HEADERS / "Module.symvers").read_bytes())
    return archive.bytes()


def initramfs_of_rows(table):
    lines = [f"{row.name} {row.variant} {row.module} {row.how} {row.options}\n" for row in table]
    archive = small_guest.Archive()
    archive.add("/rows", "".join(lines).encode())
    return archive.bytes()


def flaw(row, found):
    """Why this row fails; "" when kernel, prediction and judgement agree."""
    before, after = found["before"], found["after"]
    if found["errno"] != row.errno:
        return f"the kernel said {found['errno'] or 'yes'}, wanted {row.errno or 'yes'}: {found['line']}"
    if row.line not in found["line"]:
        return f"the kernel's line was \"{found['line']}\""
    foreseen = before["verdict"] != "fast"
    if not row.errno and foreseen:
        return f"the kernel takes it, and gpuboot would not have asked: {before['texts']}"
    if row.before not in ("", rows.ANY) and row.before not in before["names"]:
        return f"not foreseen as {row.before}: {before['verdict']} {before['texts']}"
    if row.before == "" and foreseen:
        return f"foreseen, though nothing tells: {before['texts']}"
    if foreseen and after["verdict"] == "fast":
        return "foreseen, and yet fast afterwards"
    if foreseen and row.before != rows.ANY and after["verdict"] == "rebuild":
        return "a compile is asked for that cannot help"
    if row.errno and not foreseen:
        if row.after not in after["names"] or row.verdict != after["verdict"]:
            return f"judged {after['verdict']} {after['texts']}, wanted {row.verdict} {row.after}"
    return ""


def main():
    cache = Cache(config.cache_folder() / "kernel")
    passed = failed = 0
    with cache.locked(), tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        kernel = cache.get("image", digest(KERNEL, variants.DEBIAN_MODULE), fetch_kernel)
        guest = build_guest(cache.folder / f"build-{digest(str(TOP))}")
        modules = variants.make(HEADERS, (kernel / "debian.ko").read_bytes(), KERNEL, config.OTHER_KERNEL, scratch)
        common = initramfs(guest, modules)
        for number, (command_line, table) in enumerate(rows.BOOTS.items()):
            archive = scratch / "initramfs"
            archive.write_bytes(common + initramfs_of_rows(table))
            log = cache.folder / f"boot-{number}.log"
            told = small_guest.boot(kernel / "vmlinuz", archive, command_line, log)
            found = {value["row"]: value for word, value in told if word == "ROW"}
            broken = {value["row"]: value["error"] for word, value in told if word == "BROKEN"}
            for row in table:
                name = f"{command_line or 'plain'}: {row.name}"
                why = flaw(row, found[row.name]) if row.name in found else f"no answer, see {log}"
                why = why or broken.get(row.name, "")
                print(f"FAIL {name}: {why}" if why else f"ok {name}", flush=True)
                passed, failed = passed + (not why), failed + bool(why)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
