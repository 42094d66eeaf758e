# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian tree that the container boots: made once, kept under a name that is a hash of all it is made of."""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import time

KERNEL = '6.1.0-50-cloud-amd64'
OLD_KERNEL = '6.1.0-47-cloud-amd64'


def next_kernel():
    """The first one behind KERNEL in the archive that this machine uses: the pinned driver does not compile for it."""
    names = subprocess.run(['apt-cache', 'pkgnames', 'linux-headers-6.1.0-'], check=True, capture_output=True,
                           text=True).stdout.split()
    found = [re.fullmatch(r'linux-headers-(6\.1\.0-([0-9]+)-cloud-amd64)', name) for name in names]
    return min((int(match[2]), match[1]) for match in found if match and int(match[2]) > int(KERNEL.split('-')[1]))[1]


NEW_KERNEL = next_kernel()

PACKAGES = [
    'systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod',
    'gcc', 'make', 'binutils', f'linux-headers-{KERNEL}', f'linux-headers-{OLD_KERNEL}',
    f'linux-headers-{NEW_KERNEL}',
    'grub-common',  # writes the boot loader's menu (test_guard.py)
    # What the .deb depends on, so that its installation needs no network.
    'libspdlog1.10', 'libssl3', 'libtomlplusplus3', 'libkmod2', 'libudev1',
]

# NVIDIA's source tree alone: neither dkms nor its triggers are wanted here.
SOURCE = (
    """chroot "$1" sh -ec 'cd /tmp && apt-get -q download nvidia-open-kernel-dkms >&2 && """
    """dpkg-deb --fsys-tarfile nvidia-open-kernel-dkms_*.deb | tar -C / -x ./usr/src && """
    """rm nvidia-open-kernel-dkms_*.deb'""")


def cached(name, content, make):
    """The folder `name`-<hash of content>; make(folder) fills it when there is none. Nobody else makes one
    meanwhile, and what was not used for a day goes."""
    default = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache') / 'gpuboot'
    cache = pathlib.Path(os.environ.get('GPUBOOT_CACHE') or default) / 'container'
    cache.mkdir(parents=True, exist_ok=True)
    wanted = cache / f'{name}-{hashlib.sha256(content).hexdigest()[:16]}'
    with open(cache / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for old in cache.glob('*-*'):
            if old != wanted and old.stat().st_mtime < time.time() - 86400:
                shutil.rmtree(old)
        if not wanted.exists():
            new = cache / f'.new-{name}'
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            make(new)
            new.rename(wanted)
        os.utime(wanted)
    return wanted


def archive_lines(components='main contrib'):
    """The archive that this machine itself uses, with the component that holds NVIDIA's driver."""
    listed = subprocess.run(
        ['apt-get', 'indextargets', '--format', '$(ORIGIN) $(REPO_URI) $(RELEASE)', 'Created-By: Packages'],
        check=True, capture_output=True, text=True).stdout
    keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
    return [f'deb [signed-by={keyring}] {uri} {release} {components}'
            for origin, uri, release in sorted({tuple(line.split()) for line in listed.splitlines() if line})
            if origin == 'Debian']


def base_tree():
    lines = archive_lines()

    def make(folder):
        print('container: making a Debian tree (a minute or two, once)', flush=True)
        subprocess.run(
            ['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', '--skip=cleanup/apt/lists',
             f'--include={",".join(PACKAGES)}', f'--customize-hook={SOURCE}', 'bookworm', str(folder), *lines],
            check=True, timeout=900)

    return cached('tree', '\n'.join([SOURCE, *PACKAGES, *lines]).encode(), make)


def userspace(version):
    """NVIDIA's own userspace of that version, from Debian's packages, laid out as a pin wants it."""
    packages = ['libcuda1', 'libnvidia-ml1', 'nvidia-smi', 'firmware-nvidia-gsp']
    lines = archive_lines('non-free non-free-firmware')

    def make(folder):
        apt = folder / 'apt'
        for name in ['lists/partial', 'cache/archives/partial', 'unpacked']:
            (apt / name).mkdir(parents=True)
        (apt / 'sources.list').write_text('\n'.join(lines) + '\n')
        options = ['-q', '-o', f'Dir::Etc::sourcelist={apt}/sources.list', '-o', 'Dir::Etc::sourceparts=-',
                   '-o', f'Dir::State::lists={apt}/lists', '-o', f'Dir::Cache={apt}/cache']
        subprocess.run(['apt-get', *options, 'update'], check=True, timeout=300)
        subprocess.run(['apt-get', *options, 'download', *[f'{name}={version}-*' for name in packages]], check=True,
                       cwd=apt, timeout=300)
        for deb in apt.glob('*.deb'):
            subprocess.run(['dpkg-deb', '-x', deb, apt / 'unpacked'], check=True)
        for name in ['lib', 'bin', 'firmware/nvidia']:
            (folder / name).mkdir(parents=True)
        files = apt / 'unpacked'
        subprocess.run(f'cp -P {files}/usr/lib/x86_64-linux-gnu/nvidia/current/*.so.* {folder}/lib && '
                       f'cp {files}/usr/lib/nvidia/current/nvidia-smi {folder}/bin && '
                       f'cp -r {files}/lib/firmware/nvidia/{version} {folder}/firmware/nvidia', shell=True, check=True)
        shutil.rmtree(apt)

    return cached('userspace', '\n'.join([version, *packages, *lines]).encode(), make)
