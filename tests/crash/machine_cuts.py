#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""machine_cuts DRIVER CUTS: a machine in QEMU bakes and purges on ext4 behind a write-back cache, and loses its power
(SIGKILL) at seeded steps. The same disk goes through all cuts: each boot must mount it, recover and go on.
After each cut a copy is mounted here, recovered and checked against what the machine had reported (V1 to V6).
"""
import os
import random
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'machine/kit'))
import config  # noqa: E402
from block_device import FileSystem, loop_on, run  # noqa: E402
from cache import Cache, digest  # noqa: E402

SEED = 20250301
BOOT_SECONDS = 150  # five on an idle machine
# Each after what it needs; what is not there is built in.
WANTED = ['virtio', 'virtio_ring', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'virtio_blk',
          'crc16', 'crc32c_generic', 'libcrc32c', 'mbcache', 'jbd2', 'ext4']
INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do insmod /modules/$module; done
mount -t ext4 /dev/vda /disk || { echo "failed: no disk"; poweroff -f; }
GPUBOOT_TELL=1 /driver loop /disk
echo "failed: the driver ended"
poweroff -f
'''


def fetch_kernel(folder):
    """The kernel's package as Debian signed it, from this machine's own archives."""
    run('apt-get', '-qq', 'download', f'linux-image-{config.KERNEL}', cwd=folder)
    package = next(folder.glob('linux-image-*.deb'))
    run('dpkg-deb', '--extract', package, folder / 'tree')
    package.unlink()
    (folder / 'tree/boot' / f'vmlinuz-{config.KERNEL}').rename(folder / 'vmlinuz')
    modules = folder / 'tree/lib/modules' / config.KERNEL
    found = {path.stem: path for path in modules.rglob('*.ko')}
    order = [found[name] for name in WANTED if name in found]
    (folder / 'modules').mkdir()
    for path in order:
        shutil.copy(path, folder / 'modules')
    (folder / 'modules/order').write_text('\n'.join(path.name for path in order))
    shutil.rmtree(folder / 'tree')


def make_initramfs(kernel, driver, scratch):
    tree = scratch / 'initramfs'
    for name in ('bin', 'proc', 'dev', 'disk', 'tmp'):
        (tree / name).mkdir(parents=True)
    shutil.copytree(kernel / 'modules', tree / 'modules')
    shutil.copy(shutil.which('busybox'), tree / 'bin/busybox')
    for name in ('sh', 'mount', 'insmod', 'poweroff', 'cat', 'echo'):
        (tree / 'bin' / name).symlink_to('busybox')
    (tree / 'init').write_text(INIT)
    (tree / 'init').chmod(0o755)
    shutil.copy(driver, tree / 'driver')
    for word in run('ldd', driver).split():
        if word.startswith('/'):
            (tree / word[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, tree / word[1:])
    with open(scratch / 'initrd', 'wb') as archive:
        listing = subprocess.run(['find', '.'], cwd=tree, capture_output=True, check=True).stdout
        subprocess.run([shutil.which('busybox'), 'cpio', '-o', '-H', 'newc'], cwd=tree, input=listing, stdout=archive,
                       stderr=subprocess.DEVNULL, check=True)
    shutil.rmtree(tree)
    return scratch / 'initrd'


class Machine:
    """Lines of its console, each with a deadline; whoever leaves this takes the power away."""

    def __init__(self, kernel, initrd, disk):
        self.process = subprocess.Popen(
            ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-m', '512', '-nodefaults', '-no-user-config',
             '-no-reboot', '-display', 'none', '-serial', 'stdio', '-kernel', kernel / 'vmlinuz', '-initrd', initrd,
             '-append', 'console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off',
             '-drive', f'file={disk},format=raw,if=virtio,cache=writeback'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.rest, self.seen = b'', []
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def line(self):
        deadline = time.monotonic() + BOOT_SECONDS
        while b'\n' not in self.rest:
            if not self.selector.select(max(0, deadline - time.monotonic())):
                raise RuntimeError(f'no word from the machine; its last: {self.seen[-5:]}')
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise RuntimeError(f'the machine ended; its last words: {self.seen[-5:]}')
            self.rest += data
        line, self.rest = self.rest.split(b'\n', 1)
        self.seen.append(line.decode(errors='replace').strip())
        if self.seen[-1].startswith('failed'):
            raise RuntimeError(' '.join(self.seen[-3:]))
        return self.seen[-1]

    def until(self, word):
        while not (line := self.line()).startswith(word):
            pass
        return line

    def go_on(self):
        self.process.stdin.write(b'\n')
        self.process.stdin.flush()

    def cut(self):
        """The marks that were still on their way."""
        self.process.kill()
        self.process.wait()
        rest = self.rest + (self.process.stdout.read() or b'')
        return [line.strip() for line in rest.decode(errors='replace').split('\n')[:-1] if line.startswith('mark ')]


def states(driver, scratch):
    """What the store holds after each step: the driver's life is the same everywhere."""
    run(driver, 'make', scratch / 'tree')
    played = run(driver, 'play', scratch / 'tree', input='\n' * 64)
    return [set(line.split()[1].split(',')) - {'-'} for line in played.splitlines()]


class Story:
    def __init__(self, known):
        self.known, self.step, self.record = known, -1, None

    def hear(self, mark):
        self.step = (self.step + 1) % len(self.known)
        self.record = mark.split()[2]

    def allowed(self):
        before = self.known[self.step] if self.step >= 0 else set()
        after = self.known[(self.step + 1) % len(self.known)]
        records = '-'
        if self.record:
            number = int(self.record[len('round'):].split('-')[0])
            records = ','.join([self.record, f'round{number}-two', f'round{number + 1}-one'])
        return [','.join(sorted(part)) or '-' for part in (before & after, before ^ after)] + [records]


def play(kernel, initrd, disk, known, dice):
    """One boot and its cut; returns how it was and what may lie on the disk."""
    machine = Machine(kernel, initrd, disk)
    story = Story(known)
    try:
        machine.until('begin')  # it booted, mounted the disk and recovered
        for _ in range(dice.randrange(12)):
            story.hear(machine.until('mark'))
            machine.go_on()
        steps = dice.randrange(1, 9)
        for passed in range(steps):
            line = machine.line()
            while not line.startswith(('step', 'mark')):
                line = machine.line()
            if line.startswith('mark'):
                story.hear(line)
                break
    finally:
        late = machine.cut()
    for mark in late:
        story.hear(mark)
    return f'after report {story.step + 1} and {passed + 1} steps', story.allowed()


def judge(driver, disk, words, scratch):
    copy, folder = scratch / 'copy', scratch / 'mount'
    folder.mkdir(exist_ok=True)
    run('cp', '--sparse=always', disk, copy)
    with loop_on(copy) as device, FileSystem('ext4', 'ext4').mounted(device, folder):
        done = subprocess.run([driver, 'verify', folder, *words], capture_output=True, text=True)
    return done.stdout.strip() or 'no word' if done.returncode else ''


def main():
    driver, cuts = Path(sys.argv[1]), int(sys.argv[2])
    cache = Cache(config.cache_folder() / 'crash')
    with cache.locked():
        kernel = cache.get('kernel', digest(config.KERNEL, WANTED, Path(__file__)), fetch_kernel)
    dice, bad, done = random.Random(SEED), 0, 0
    with tempfile.TemporaryDirectory(dir='/dev/shm', prefix='gpuboot-machine-') as folder:
        scratch = Path(folder)
        disk, mount = scratch / 'disk', scratch / 'mount'
        mount.mkdir()
        file_system = FileSystem('ext4', 'ext4')
        file_system.make(disk)
        with loop_on(disk) as device, file_system.mounted(device, mount):
            run(driver, 'make', mount)
        known = states(driver, scratch)
        initrd = make_initramfs(kernel, driver, scratch)
        for number in range(cuts + 1):  # the last boot shows that the machine still comes up
            start = time.monotonic()
            try:
                how, words = play(kernel, initrd, disk, known, dice)
                flaw = judge(driver, disk, words, scratch)
            except (RuntimeError, OSError) as error:
                how, flaw = '', str(error)
            done += not flaw
            bad += bool(flaw)
            print(f'{"FAIL" if flaw else "ok"} power cut of a machine {number + 1}: {how}{flaw and ": " + flaw} '
                  f'({time.monotonic() - start:.1f} s)', flush=True)
    print(f'power cuts of a machine, seed {SEED}: {done + bad}, violations {bad}')
    print(f'{done} passed, {bad} failed')
    return bad > 0


if __name__ == '__main__':
    sys.exit(main())
