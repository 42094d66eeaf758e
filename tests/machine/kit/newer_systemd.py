# SPDX-License-Identifier: LGPL-2.1-or-later
"""A systemd that can restart userspace alone (254 and later), from backports: Debian 12's own cannot."""

from pathlib import Path

import config
from cache import digest
from tree import run

PACKAGES = ["systemd", "libsystemd-shared", "libsystemd0", "libudev1", "udev"]
# Without this machine's own lists and cache. The tree's links are what keeps /lib a link where it is laid over.
FETCH = """
cd "$1"; shift
mkdir -p lists/partial cache/archives/partial tree/usr/lib tree/usr/bin tree/usr/sbin
ln -s usr/lib usr/bin usr/sbin tree
apt() {
    apt-get -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null \\
        -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root "$@"
}
apt update
apt download "$@"
for deb in *.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C tree; done
rm -r lists cache *.deb tree/usr/share/doc tree/usr/share/man
"""


def fetch(cache, progress):
    """What to lay over a root."""
    with cache.locked():
        folder = cache.get("systemd", digest(Path(__file__), config.backports()), lambda new: _fetch(new, progress))
    return {f"/{name}": folder / "tree" / name for name in ("usr", "etc")}


def _fetch(folder, progress):
    progress.step("fetching a newer systemd")
    (folder / "sources.list").write_text(config.backports())
    run("sh", "-euc", FETCH, "fetch", folder, *PACKAGES, note=progress.note)
