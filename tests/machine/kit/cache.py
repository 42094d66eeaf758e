# SPDX-License-Identifier: LGPL-2.1-or-later
"""Things that take long to make, kept by the hash of what they were made from."""

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path


def digest(*inputs):
    """Hash of strings and of files and folders (names, modes and contents)."""
    total = hashlib.sha256()
    for item in inputs:
        total.update(_file_digest(item) if isinstance(item, Path) else repr(item).encode())
        total.update(b"\0")
    return total.hexdigest()[:12]


def _file_digest(path):
    total = hashlib.sha256()
    for file in [path] if not path.is_dir() else sorted(path.rglob("*")):
        total.update(f"{file.relative_to(path.parent)} {file.lstat().st_mode:o}\n".encode())
        if file.is_symlink():
            total.update(os.readlink(file).encode())
        elif file.is_file():
            total.update(file.read_bytes())
    return total.digest()


class Cache:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self):
        """One builder at a time; a second one waits and then finds everything made."""
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def get(self, name, key, make):
        """The folder name-key; make(folder) fills it when it is not there. Older ones of that name go."""
        wanted = self.folder / f"{name}-{key}"
        if wanted.is_dir():
            return wanted
        new = self.folder / f".new-{name}"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        make(new)
        for old in self.folder.glob(f"{name}-*"):
            shutil.rmtree(old, ignore_errors=True)
        new.rename(wanted)
        return wanted
