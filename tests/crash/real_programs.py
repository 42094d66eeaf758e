#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""real_programs BIN DRIVER SHIM SAMPLE: gpubootctl itself bakes (a real kbuild behind gpuboot-confine) and purges
in a tree. Of the faults that its file-changing calls can suffer, SAMPLE of each operation come to pass. Everything
is mounted in a namespace of its own.
"""
import ctypes
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

KINDS = ['SIGKILL', 'ENOSPC', 'EIO', 'EROFS', 'EDQUOT', 'short write']
SHORT, WRITE = 5, 2  # shim.h
LEAST = 120          # runs: fewer show nothing
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
SOURCE = '''#include <linux/module.h>
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0.0");
'''


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def must(*words):
    done = run(*words)
    assert done.returncode == 0, f'{words}: {done.stdout}{done.stderr}'
    return done.stdout


def headers():
    """The newest kernel that can be compiled for here."""
    found = sorted(path.parent.name for path in Path('/lib/modules').glob('*/build') if (path / '.config').exists())
    assert found, 'no kernel headers are installed'
    return found[-1]


class Tree:
    def __init__(self, folder, kernel):
        self.root, self.kernel = folder / 'root', kernel
        for path in ('usr', 'proc', 'dev', 'tmp', 'etc/gpuboot', 'var/lib', 'run'):
            (self.root / path).mkdir(parents=True)
        for name in ('bin', 'sbin', 'lib', 'lib64'):
            (self.root / name).symlink_to(f'usr/{name}')
        shutil.copytree('/etc/alternatives', self.root / 'etc/alternatives', symlinks=True)  # awk
        must('mount', '--bind', '/usr', self.root / 'usr')
        must('mount', '-t', 'tmpfs', 'none', self.root / 'usr/src')
        for path in Path('/usr/src').glob('linux-*'):
            (self.root / 'usr/src' / path.name).mkdir()
            must('mount', '--bind', path, self.root / 'usr/src' / path.name)
        must('mount', '--bind', '/dev', self.root / 'dev')
        must('mount', '-t', 'proc', 'proc', self.root / 'proc')

    def pin(self, make):
        source = self.root / 'usr/src/drv-1.0.0'
        source.mkdir(exist_ok=True)
        (source / 'nvidia.c').write_text(SOURCE)
        (source / 'Kbuild').write_text('obj-m := nvidia.o\n')
        (source / 'dkms.conf').write_text('PACKAGE_NAME=drv\nPACKAGE_VERSION=1.0.0\n'
                                          f'MAKE[0]="{make}"\nBUILT_MODULE_NAME[0]=nvidia\n')
        (self.root / 'etc/foreign').write_text('not ours')
        digest = must('sh', '-c', f"cd '{source}' && find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | "
                                  'sha256sum').split()[0]
        (self.root / 'etc/gpuboot/versions.toml').write_text(
            'schema = 1\n[driver]\nversion = "1.0.0"\nkind = "open"\n[driver.source]\ntype = "dkms"\n'
            f'name = "drv"\nsha256 = "{digest}"\n')

    def bakes(self):
        store = self.root / 'var/lib/gpuboot/bakes'
        return {path.name for path in store.iterdir() if not path.name.startswith('.')} if store.exists() else set()


class Programs:
    def __init__(self, binaries, driver, shim, most, folder):
        self.ctl, self.driver, self.shim, self.most = binaries / 'gpubootctl', driver, shim, most
        self.page = folder / 'page'
        self.tree = Tree(folder, headers())
        self.runs = self.bad = 0

    def gpubootctl(self, *words, at=None, kind=0):
        words = [self.ctl, *words, '--root', self.tree.root]
        if at is None:
            return run(*words)
        self.page.write_bytes(struct.pack('iiIII', 1, kind, at, 0, 0) + bytes(8192))
        return run(*words, env={**os.environ, 'LD_PRELOAD': str(self.shim), 'GPUBOOT_SHIM': str(self.page)})

    def calls(self):
        count = struct.unpack_from('iiIII', self.page.read_bytes())[3]
        return self.page.read_bytes()[20:20 + count]

    def fired(self):
        return struct.unpack_from('iiIII', self.page.read_bytes())[4] == 1

    def sample(self, name, words, prepare, after):
        """`after` is what the store must hold when the command says that it is done."""
        before = prepare()
        done = self.gpubootctl(*words, at=0)
        assert done.returncode == 0, f'{name}: {done.stdout}{done.stderr}'
        calls = self.calls()
        points = [(at, kind) for at in range(1, len(calls) + 1) for kind in range(len(KINDS))
                  if kind != SHORT or calls[at - 1] == WRITE]
        # Not every n-th: the kinds alternate, so that would leave most of them out.
        for at, kind in sorted(random.Random(name).sample(points, min(self.most, len(points)))):
            prepare()
            done = self.gpubootctl(*words, at=at, kind=kind)
            if self.fired():
                self.runs += 1
                self.judge(f'{name}, call {at}, {KINDS[kind]}', done, kind, before, after)

    def refuse(self, name, options, ids, words, wanted):
        """A state folder on a file system like this: one clear sentence, and nothing is left behind."""
        state = self.tree.root / 'var/lib/gpuboot'
        must('mount', '-t', 'tmpfs', '-o', options, 'none', state)
        done = self.gpubootctl(*words)
        left = [path.name for path in state.rglob('*') if path.name.startswith(('.new-', '.del-'))] + \
            list((state / 'build').glob('*'))
        must('umount', state)
        good = done.returncode == 1 and wanted in done.stderr and not left and self.tree.bakes() == ids
        self.bad += not good
        print(f'{"ok" if good else "FAIL"} programs: {name}: {done.stderr.strip()} {left or ""}')

    def judge(self, name, done, kind, before, after):
        killed = done.returncode == -signal.SIGKILL
        reported = done.returncode == 0
        self.gpubootctl('collect')  # what runs next recovers
        sure, perhaps = (after, set()) if reported else (before & after, before ^ after)
        words = [','.join(sorted(part)) or '-' for part in (sure, perhaps)]
        seen = run(self.driver, 'verify', self.tree.root, *words, '-')
        flaw = seen.stdout.strip() if seen.returncode else ''
        if killed != (kind == 0):
            flaw = f'it ended with {done.returncode}'
        told = [line for line in done.stderr.splitlines() if line.startswith('gpubootctl: ')]
        if not killed and not reported and not told:
            flaw = f'it failed without a word: {done.stderr}'
        if flaw:
            self.bad += 1
            print(f'FAIL programs: {name}: {flaw}')

    def play(self):
        store = self.tree.root / 'var/lib/gpuboot'
        self.tree.pin(f'make -C /lib/modules/{self.tree.kernel}/build M=$PWD modules')
        done = self.gpubootctl('bake', '--kernel', self.tree.kernel)
        assert done.returncode == 0, f'a real kbuild fails: {done.stdout}{done.stderr}'
        built = next(store.glob('bakes/*/modules/nvidia.ko'))
        shutil.copy(built, self.tree.root / 'usr/src/drv-1.0.0/prebuilt')
        print('ok programs: gpubootctl bakes with a real kbuild')
        # The same program and the same walls for every further run, with a compile that takes no time.
        self.tree.pin('cp prebuilt nvidia.ko')
        shutil.rmtree(store)
        bake = ('bake', '--kernel', self.tree.kernel)
        assert self.gpubootctl(*bake).returncode == 0
        ids = self.tree.bakes()
        kept = store.parent / 'kept'
        shutil.copytree(store, kept)

        def strangers():
            for name in ('stranger', '.unknown'):
                (store / 'bakes' / name).mkdir(parents=True)
                (store / 'bakes' / name / 'file').write_text('not ours')

        def nothing():
            shutil.rmtree(store, ignore_errors=True)
            strangers()
            return set()

        def baked():
            shutil.rmtree(store, ignore_errors=True)
            shutil.copytree(kept, store)
            strangers()
            return ids

        self.refuse('no space', 'size=20m', ids, bake, ' MiB in /var/lib/gpuboot')       # F-18
        self.refuse('no inodes', 'nr_inodes=40', ids, bake, ' inodes in /var/lib/gpuboot')  # F-20
        self.refuse('read-only', 'ro', ids, bake, 'ead-only')                            # F-25
        self.sample('bake', bake, nothing, ids)
        self.sample('purge', ('purge', '--all'), baked, set())


def main():
    binaries, driver, shim = (Path(word) for word in sys.argv[1:4])
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(CLONE_NEWNS) == 0 and libc.mount(b'none', b'/', None, MS_REC | MS_PRIVATE, None) == 0
    with tempfile.TemporaryDirectory(dir='/dev/shm', prefix='gpuboot-programs-') as scratch:
        must('mount', '-t', 'tmpfs', 'none', scratch)
        os.chmod(scratch, 0o755)
        programs = Programs(binaries, driver, shim, int(sys.argv[4]), Path(scratch))
        try:
            programs.play()
        except AssertionError as error:
            print(f'FAIL programs: {error}')
            programs.bad += 1
        good = programs.bad == 0 and programs.runs >= LEAST
        print(f'{"ok" if good else "FAIL"} programs: {programs.runs} runs of gpubootctl with a fault, '
              f'{programs.bad} violations')
        print(f'{5 if good else 0} passed, {0 if good else max(1, programs.bad)} failed')
        os.chdir('/')
        run('umount', '-R', '-l', scratch)
    return not good


if __name__ == '__main__':
    sys.exit(main())
