# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk whose every write and flush is logged, and the disks that a power cut may leave.

The loop device stands on a FUSE file (block_log.c), so a flush of the kernel is a record in the log. A power
cut keeps all that was written before the last flush, and any part of what was written after it.
"""
import os
import random
import select
import shutil
import struct
import subprocess
from contextlib import contextmanager

SIZES = {'ext4': 160, 'xfs': 320, 'btrfs': 288}  # MiB: room for the 64 MiB that a commit wants free


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(map(str, words))}: {done.stdout}{done.stderr}'.strip())
    return done.stdout


class FileSystem:
    def __init__(self, name, kind, options=''):
        self.name, self.kind, self.options = name, kind, options
        self.shares = kind != 'ext4'  # two files may have blocks in common

    def can_mount(self):
        """A module that is not loaded yet may still be there."""
        if shutil.which('modprobe'):
            subprocess.run(['modprobe', '-q', self.kind], capture_output=True)
        with open('/proc/filesystems') as known:
            return any(line.split()[-1] == self.kind for line in known) and shutil.which(f'mkfs.{self.kind}')

    def make(self, image):
        with open(image, 'wb') as file:
            file.truncate(SIZES[self.kind] << 20)
        words = {'ext4': ['-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', '-J', 'size=8'],
                 'xfs': ['-q', '-f'], 'btrfs': ['-q', '-f', '-m', 'single', '-d', 'single']}[self.kind]
        run(f'mkfs.{self.kind}', *words, image)

    @contextmanager
    def mounted(self, device, folder):
        run('mount', '-t', self.kind, '-o', self.options or 'defaults', device, folder)
        try:
            yield folder
        finally:
            run('umount', folder)


FILE_SYSTEMS = [
    FileSystem('ext4 ordered', 'ext4', 'data=ordered'),
    FileSystem('ext4 writeback', 'ext4', 'data=writeback,noauto_da_alloc'),
    FileSystem('xfs', 'xfs', 'nouuid'),
    FileSystem('btrfs', 'btrfs'),
]


@contextmanager
def loop_on(path):
    device = run('losetup', '--find', '--show', path).strip()
    try:
        yield device
    finally:
        run('losetup', '--detach', device)


class LoggedDisk:
    """A copy of `image` under a logging loop device, while this is entered."""

    def __init__(self, program, image, folder):
        self.program, self.image, self.folder = program, image, folder
        self.log = folder / 'log'

    def __enter__(self):
        self.point = self.folder / 'fuse'
        self.point.mkdir()
        run('cp', '--sparse=always', self.image, self.folder / 'written')
        self.server = subprocess.Popen([self.program, self.point, self.folder / 'written', self.log],
                                       stdout=subprocess.PIPE)
        told, _, _ = select.select([self.server.stdout], [], [], 10)
        if not told or self.server.stdout.readline() != b'ready\n':
            raise RuntimeError('block_log does not answer')
        self.device = run('losetup', '--find', '--show', self.point / 'disk').strip()
        return self

    def position(self):
        return os.path.getsize(self.log)

    def __exit__(self, *_):
        run('losetup', '--detach', self.device)
        run('umount', self.point)
        self.server.wait(30)


class Log:
    """The records of a log: (end position in the file, disk offset or -1 for a flush, data)."""

    def __init__(self, path):
        self.records = []
        data = path.read_bytes()
        at = 0
        while at + 16 <= len(data):
            offset, length = struct.unpack_from('<qq', data, at)
            at += 16
            self.records.append((at + length, offset, data[at:at + length]))
            at += length

    def count_until(self, position):
        return sum(end <= position for end, _, _ in self.records)

    def last_flush(self, count):
        return max((i + 1 for i in range(count) if self.records[i][1] < 0), default=0)

    def state(self, count, seed):
        """Which records are on the disk when the power goes after `count` of them; seed None: all."""
        flushed = self.last_flush(count)
        lost = random.Random(seed)
        return [i for i in range(count)
                if i < flushed or seed is None or lost.random() < 0.5]

    def write(self, chosen, image):
        with open(image, 'r+b', buffering=0) as file:
            for i in chosen:
                _, offset, data = self.records[i]
                if offset >= 0:
                    os.pwrite(file.fileno(), data, offset)
