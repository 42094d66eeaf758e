# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel and an initramfs with one program in it, booted in QEMU's emulation: three seconds a boot."""

import json
import os
import stat
import subprocess
from pathlib import Path

BOOT_SECONDS = 120  # three on an idle machine


class Archive:
    """A cpio archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self.parts, self.known, self.inode = [], set(), 0

    def add(self, path, data, mode=0o644):
        for parent in reversed(Path(path).parents):
            self._add_folder(str(parent).strip("/"))
        self._entry(path.strip("/"), stat.S_IFREG | mode, data)

    def _add_folder(self, name):
        if name and name not in self.known:
            self.known.add(name)
            self._entry(name, stat.S_IFDIR | 0o755, b"")

    def _entry(self, name, mode, data):
        self.inode += 1
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        self.parts += [self._padded(head), self._padded(data)]

    @staticmethod
    def _padded(data):
        return data + bytes(-len(data) % 4)

    def bytes(self):
        self._entry("TRAILER!!!", 0, b"")
        return b"".join(self.parts)


def libraries(program):
    """Every shared library it needs, the loader too, by the path under which it is looked for."""
    lines = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout.splitlines()
    return [word for line in lines for word in line.split() if word.startswith("/")]


def boot(kernel, initramfs, command_line, log):
    """The guest's lines of the form WORD {json}, as (word, value) pairs."""
    console = "console=ttyS0 quiet loglevel=0 panic=-1"
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "512", "-nodefaults", "-no-reboot",
               "-nographic", "-serial", "stdio", "-kernel", kernel, "-initrd", initramfs,
               "-append", f"{console} {command_line}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=BOOT_SECONDS,
                              env={**os.environ, "LC_ALL": "C"})
        output = done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"") + b"\nno end within %d s\n" % BOOT_SECONDS
    text = output.decode(errors="replace").replace("\r", "")
    log.write_text(text)
    lines = [line.partition(" ") for line in text.splitlines()]
    return [(word, json.loads(rest)) for word, _, rest in lines if word in ("ROW", "BROKEN", "FACTS")]
