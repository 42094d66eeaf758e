# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bake that brings NVIDIA's own libraries, program and firmware along. No container loads a module, so what
a load leads to is made by hand: the link that activates the bake, and the word that the check leaves."""
import json
import shutil
import time
import tomllib

from check import case, contains, equal
from tree import KERNEL
import drivers
import pretend
import test_boot
import tree
from test_bake import STORE, bakes, check_again

FOLDER = '/opt/nvidia-userspace'
LIBRARY = f'lib/libcuda.so.{drivers.VERSION}'
bake = None


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    drivers.install_small(machine, 'small-driver', drivers.VERSION)
    shutil.copytree(tree.userspace(drivers.VERSION), machine.path(FOLDER), symlinks=True)
    drivers.pin(machine, 'small-driver', drivers.VERSION)


def listed(machine):
    """What the loader's cache leads into the active bake."""
    return [line.split()[0] for line in machine.out('ldconfig', '-p').splitlines() if '/run/gpuboot/' in line]


def activate(machine):
    """As a check does whose load succeeds."""
    machine.out('mkdir -p /run/gpuboot/next && touch /run/gpuboot/next/loader'
                f' && ln -sfn {STORE}/{bake} /run/gpuboot/active')


def run_loader(machine):
    machine.out('systemctl', 'start', 'gpuboot-loader.service')
    equal(test_boot.show(machine, 'gpuboot-loader.service', 'ConditionResult'), 'yes')
    equal(machine.run('test', '-e', '/run/gpuboot/next/loader').returncode, 1, 'its word is still there')


def contents(machine):
    """Every file and link of the bake, by content and inode: none of it may change."""
    return machine.out(f'cd {STORE}/{bake} && find . -type f -exec sha256sum {{}} + | sort && '
                       'find . -printf "%p %i %l\\n" | sort')


def marker(machine):
    return tomllib.loads(machine.path(f'{STORE}/{bake}/marker.toml').read_text())


@case('a bake of modules alone does not fit a pin that wants a userspace')  # S4-01
def _(machine):
    machine.out('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
    [modules_alone] = bakes(machine)
    contains(machine.path(f'{STORE}/{modules_alone}/marker.toml').read_text(), 'format = 1\n')
    drivers.pin_userspace(machine, FOLDER)
    report = check_again(machine)
    equal(report['verdict'], 'rebuild')
    [reason] = report['reasons']
    equal((reason['code'], reason['found']), ('userspace_differs', 'none'))
    machine.out('gpubootctl', 'purge', modules_alone)


@case('the userspace goes into the bake, whole and root\'s, and leads nowhere')  # S4-10 S4-19 F-115
def _(machine):
    global bake
    machine.path(f'{FOLDER}/bin/nvidia-smi').chmod(0o4755)
    begin = time.monotonic()
    machine.out('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
    [bake] = bakes(machine)
    said = marker(machine)
    equal((said['format'], len(said['file'])), (2, 7))
    print(f'# {sum(file.get("size", 0) for file in said["file"]) >> 20} MiB in {time.monotonic() - begin:.1f} s')
    equal({file['soname'] for file in said['file'] if 'soname' in file}, {'libcuda.so.1', 'libnvidia-ml.so.1'})
    folder = machine.path(f'{STORE}/{bake}')
    for file in said['file']:
        status = (folder / file['path']).lstat()
        equal((status.st_uid, status.st_gid), (0, 0), file['path'])
        if 'target' not in file:
            equal(status.st_mode & 0o7777, 0o755 if file['path'].startswith('bin/') else 0o644, file['path'])
    equal(machine.out('ldconfig'), '', 'of a folder that is not there')
    equal(listed(machine), [])
    equal(machine.run('sh', '-lc', 'command -v nvidia-smi').returncode, 127)


@case('the check finds it fit, opens no library, and says that a container cannot load it')  # S1-01
def _(machine):
    # A read would set the time of the last access, which is older than that of the change.
    machine.out(f'touch -a -d 2001-01-01 {STORE}/{bake}/{LIBRARY}')
    report = check_again(machine)
    equal((report['before']['verdict'], report['before']['bake']), ('fast', bake))
    contains(json.dumps(report['reasons']), 'load_forbidden')
    contains(machine.out('stat', '-c', '%x', f'{STORE}/{bake}/{LIBRARY}'), '2001-01-01')


@case('once it is active the loader and a login shell find it, and NVIDIA\'s program its library')  # S4-10 S4-11
def _(machine):
    was = contents(machine)
    activate(machine)
    run_loader(machine)
    equal(listed(machine), ['libnvidia-ml.so.1', 'libcuda.so.1'])
    equal(machine.out('sh', '-lc', 'command -v nvidia-smi'), '/run/gpuboot/active/bin/nvidia-smi')
    # Without a driver this is what it says once NVML is loaded; without NVML it says that instead.
    contains(machine.run('sh', '-lc', 'nvidia-smi').stdout, "couldn't communicate with the NVIDIA driver")
    equal(contents(machine), was, 'the bake')


@case('after the boot its files are read, once, and found whole')
def _(machine):
    begin = time.monotonic()
    machine.out('systemctl', 'start', 'gpuboot-collect.service')
    print(f'# read in {time.monotonic() - begin:.1f} s')
    assert '2001-01-01' not in machine.out('stat', '-c', '%x', f'{STORE}/{bake}/{LIBRARY}'), 'reading leaves no trace here'
    record = machine.path(f'/var/lib/gpuboot/records/cold/{bake}')
    was = record.stat().st_ino
    machine.out('systemctl', 'start', 'gpuboot-collect.service')
    equal(record.stat().st_ino, was, 'it was read again')


@case('a machine that opts out: the link goes, and the loader forgets')  # V5
def _(machine):
    machine.out('touch', '/etc/gpuboot/opt-out')
    equal(check_again(machine)['verdict'], 'opted_out')
    equal(machine.run('test', '-e', '/run/gpuboot/active').returncode, 1)
    # Also before the cache is written anew nothing leads to the bake.
    equal(listed(machine), ['libnvidia-ml.so.1', 'libcuda.so.1'])
    equal(machine.run('sh', '-lc', 'command -v nvidia-smi').returncode, 127)
    run_loader(machine)
    equal(listed(machine), [])
    machine.out('rm', '/etc/gpuboot/opt-out')


@case('one changed byte of a library: found after the boot, told by name, and not used by the next')  # F-31
def _(machine):
    activate(machine)
    library = machine.path(f'{STORE}/{bake}/{LIBRARY}')
    with library.open('r+b') as file:
        file.seek(library.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    cursor = machine.cursor()
    machine.run('systemctl', 'start', 'gpuboot-collect.service')
    contains(machine.journal(cursor, MESSAGE_ID='be5e50f8b3b04a56a899c91be437e652'), f'{bake}/{LIBRARY} is damaged')
    machine.out('rm -r /run/gpuboot/active /run/gpuboot/tried')  # as a reboot does
    report = check_again(machine)
    equal(report['verdict'], 'rebuild')
    [reason] = report['reasons']
    equal((reason['code'], reason['subject']), ('file_digest', f'{bake}/{LIBRARY}'))


@case('a bake replaces it, and fits')
def _(machine):
    machine.out('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
    equal(bakes(machine), [bake])
    report = check_again(machine)
    equal((report['before']['verdict'], report['before']['bake']), ('fast', bake))


@case('names of another version are refused before anything is compiled')  # S4-01
def _(machine):
    machine.out(f'cd {FOLDER}/lib && mv {LIBRARY[4:]} libcuda.so.470.256.02 && ln -sf libcuda.so.470.256.02 libcuda.so.1')
    drivers.pin(machine, 'small-driver', drivers.VERSION)
    drivers.pin_userspace(machine, FOLDER)
    told = machine.run('gpubootctl', 'bake', '--kernel', KERNEL)
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout, f'libcuda.so.470.256.02: wanted driver version {drivers.VERSION}, as the pin says')
