# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian tree that the container boots: made once, kept under a name that is a hash of all it is made of."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

KERNEL = '6.1.0-50-cloud-amd64'
OLD_KERNEL = '6.1.0-47-cloud-amd64'

PACKAGES = [
    'systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod',
    'gcc', 'make', 'binutils', f'linux-headers-{KERNEL}', f'linux-headers-{OLD_KERNEL}',
    # What the .deb depends on, so that its installation needs no network.
    'libspdlog1.10', 'libssl3', 'libtomlplusplus3', 'libkmod2', 'libudev1',
]

# NVIDIA's source tree alone: neither dkms nor its triggers are wanted here.
SOURCE = (
    """chroot "$1" sh -ec 'cd /tmp && apt-get -q download nvidia-open-kernel-dkms >&2 && """
    """dpkg-deb --fsys-tarfile nvidia-open-kernel-dkms_*.deb | tar -C / -x ./usr/src && """
    """rm nvidia-open-kernel-dkms_*.deb'""")


def cache_folder():
    default = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache') / 'gpuboot'
    folder = pathlib.Path(os.environ.get('GPUBOOT_CACHE') or default) / 'container'
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def archive_lines():
    """The archive that this machine itself uses, with the component that holds NVIDIA's driver."""
    listed = subprocess.run(
        ['apt-get', 'indextargets', '--format', '$(ORIGIN) $(REPO_URI) $(RELEASE)', 'Created-By: Packages'],
        check=True, capture_output=True, text=True).stdout
    keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
    return [f'deb [signed-by={keyring}] {uri} {release} main contrib'
            for origin, uri, release in sorted({tuple(line.split()) for line in listed.splitlines() if line})
            if origin == 'Debian']


def base_tree():
    """The path of the tree; makes it when there is none of this content."""
    lines = archive_lines()
    content = '\n'.join([SOURCE, *PACKAGES, *lines])
    tree = cache_folder() / f'tree-{hashlib.sha256(content.encode()).hexdigest()[:16]}'
    if tree.exists():
        return tree
    print('container: making a Debian tree (a minute or two, once)', flush=True)
    fresh = pathlib.Path(tempfile.mkdtemp(prefix='.tree-', dir=cache_folder()))
    try:
        subprocess.run(
            ['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', '--skip=cleanup/apt/lists',
             f'--include={",".join(PACKAGES)}', f'--customize-hook={SOURCE}', 'bookworm', str(fresh), *lines],
            check=True, timeout=900)
        fresh.rename(tree)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return tree
