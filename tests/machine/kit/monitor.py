# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU's monitor, a socket: what the machine's hardware does while its kernel cannot be asked."""

import re
import socket


def ask(path, command):
    """QEMU's answer; its prompt comes before the command and after the answer."""
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.settimeout(5)
        monitor.connect(str(path))
        monitor.sendall(command.encode() + b"\n")
        said = b""
        while said.count(b"(qemu) ") < 2:
            said += monitor.recv(1 << 16)
    return said.decode(errors="replace")


def processors(path):
    """Where each stands; that QEMU does not answer tells of a hang in QEMU itself."""
    try:
        return ", ".join(re.findall(r"\bRIP=\w+|\bHLT=\d", ask(path, "info registers -a")))
    except OSError as error:
        return f"QEMU's monitor: {error}"
