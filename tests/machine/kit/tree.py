# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands, run here or inside a Debian tree, with their output kept for the case that they fail."""

import subprocess
from pathlib import Path


class Failed(Exception):
    """A command failed; the text says which, and what it printed last."""


ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}

# A mount and process namespace of its own: whatever the command leaves running or mounted ends with it.
ENTER = """
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
shift_by=$2; tree=$1; shift 2
while [ "$shift_by" -gt 0 ]; do
    mount --bind "$1" "$tree$2"
    shift 2; shift_by=$((shift_by - 1))
done
exec chroot "$tree" "$@"
"""


def run(*command, note=None, log=None, env=None, cwd=None):
    """Runs a command to its end, or to that of this program, and returns its output. note(line) sees each line as it
    comes."""
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig=KILL", *(str(word) for word in command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", env=env, cwd=cwd,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if note and line.strip():
            note(line)
    output = "".join(lines)
    if log:
        log.write_text(output)
    if process.wait() != 0:
        shown = " ".join(str(word) for word in command if "\n" not in str(word))
        raise Failed(f"{shown}: exit status {process.returncode}\n" + "".join(lines[-30:]))
    return output


def run_in(tree, *command, binds=(), **options):
    """The same, as root inside a tree. binds: (folder here, folder there) pairs."""
    flat = [word for bind in binds for word in bind]
    return run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-eu", "-c", ENTER, "enter",
               tree, len(binds), *flat, *command, env=ENVIRONMENT, **options)


def copy(source, target):
    """A copy of a whole tree, sharing blocks where the file system can."""
    run("cp", "-a", "--reflink=auto", source, target)


def install(source, target, mode=0o644):
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(Path(source).read_bytes())
    target.chmod(mode)
    return target
