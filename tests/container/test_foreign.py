# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other installations of the driver: what nobody owns goes, what a package or a person owns does not."""
import hashlib
import json
import os
import stat

from check import case, contains, equal
from tree import KERNEL
import foreign
import test_boot

INTENT = '/var/lib/gpuboot/foreign-intent'
EVENT = '9e39b07ea9384b2fa8c5a34c8ba7f9fc'
# Made anew by depmod, ldconfig, dpkg and systemd, or gpuboot's own.
DERIVED = (f'usr/lib/modules/{KERNEL}/modules.', 'etc/ld.so.cache', 'var/lib/dpkg/', 'var/lib/systemd/',
           'var/lib/gpuboot/', 'etc/gpuboot/')
# These stay, and hold nothing then.
FOLDERS = {'opt/azure', 'opt/azure/aks-gpu', f'usr/lib/modules/{KERNEL}/updates', 'var/lib/dkms',
           f'usr/lib/modules/{KERNEL}/updates/dkms'}
others = {}


def snapshot(machine):
    """Each path with its mode and the digest of what it holds."""
    found = {}
    for top in ['etc', 'opt', 'usr', 'var/lib', 'var/log']:
        for folder, folders, files in os.walk(machine.path(top)):
            for name in folders + files:
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, machine.root)
                status = os.lstat(path)
                if inside.startswith(DERIVED) or inside in FOLDERS:
                    continue
                if inside.startswith('var/log/') and 'nvidia' not in inside:
                    continue
                content = ''
                if stat.S_ISLNK(status.st_mode):
                    content = os.readlink(path)
                elif stat.S_ISREG(status.st_mode):
                    with open(path, 'rb') as file:
                        content = hashlib.sha256(file.read()).hexdigest()
                found[inside] = (oct(status.st_mode), content)
    return found


def differences(machine):
    now = snapshot(machine)
    return {path for path in now.keys() | others.keys() if now.get(path) != others.get(path)}


def exists(machine, path):
    return os.path.lexists(machine.path(path))


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    machine.path('/packages').mkdir(exist_ok=True)
    foreign.install_package(machine)
    foreign.run_installer(machine)
    machine.out('ldconfig')
    others.update(snapshot(machine))
    foreign.put_aks_gpu(machine)


@case('a check tells them and asks for nothing')  # S1-25
def _(machine):
    machine.out('systemctl', 'start', 'gpuboot-check.service')
    assert not exists(machine, '/run/gpuboot/next/foreign'), 'policy names nothing'
    machine.out('systemctl', 'start', 'gpuboot-foreign.service')
    equal(machine.out('systemctl', 'show', 'gpuboot-foreign.service', '-P', 'ConditionResult'), 'no')
    assert exists(machine, foreign.MARKER)


@case('a dry run names each that would go, and changes nothing')
def _(machine):
    before = snapshot(machine)
    said = json.loads(machine.out('gpubootctl', 'purge', '--foreign', 'aks-gpu', '--dry-run', '--json'))
    contains(' '.join(said['removed']), '/usr/bin/nvidia-modprobe', f'{foreign.MODULES}/updates/dkms/nvidia-uvm.ko',
             f'/usr/bin/lib64/lib64/{foreign.LIBRARY}', foreign.REGISTERED, foreign.MARKER)
    kept = {entry['path']: entry['found'] for entry in said['kept']}
    equal(kept[f'{foreign.MODULES}/extra/nvidia.ko'], 'package nvidia-driver-535')
    contains(kept[f'{foreign.MODULES}/kernel/drivers/video/nvidia.ko'], 'a person')
    equal(snapshot(machine), before)


@case('killed in the middle it has deleted in its order, and nothing without an intent')  # S2-16 F-10 F-113
def _(machine):
    foreign.compile_into(machine, '/root/killer.so', foreign.KILLER, '-shared', '-fPIC', '-DNAME="nvidia-smi"')
    ended = machine.run('LD_PRELOAD=/root/killer.so gpubootctl purge --foreign aks-gpu || echo status $?')
    contains(ended.stdout, 'status 137')
    intent = machine.path(INTENT).read_text()
    contains(intent, '/usr/bin/nvidia-smi', foreign.MARKER)
    for path in ['/usr/bin/nvidia-modprobe', f'{foreign.MODULES}/updates/dkms/nvidia.ko', '/etc/ld.so.conf.d/nvidia.conf']:
        assert not exists(machine, path), path
    for path in ['/usr/bin/nvidia-smi', foreign.REGISTERED, foreign.MARKER]:
        assert exists(machine, path), path


@case('the next boot goes on inside the unit, and only what nobody owns is gone')  # S1-29 S2-12 S2-27 F-113
def _(machine):
    cursor = machine.cursor()
    machine.out('systemctl', 'start', 'gpuboot-check.service')
    machine.out('systemctl', 'start', 'gpuboot-foreign.service')
    equal(machine.out('systemctl', 'show', 'gpuboot-foreign.service', '-P', 'Result'), 'success')
    said = machine.journal(cursor, MESSAGE_ID=EVENT)
    contains(said, 'event=teardown status=cleaned', 'dkms_before=present', 'dkms_after=absent', 'setuid_before=absent',
             'marker_before=present', 'marker_after=absent')
    equal(differences(machine), set())
    assert not exists(machine, INTENT)
    modules = machine.path(f'{foreign.MODULES}/modules.dep').read_text()
    contains(modules, 'extra/nvidia.ko')
    assert 'updates/dkms' not in modules, modules
    assert '/usr/bin/lib64' not in machine.out('ldconfig', '-p')


@case('where policy names the tool, a boot removes it')  # S2-09
def _(machine):
    foreign.put_aks_gpu(machine)
    contains(machine.out('ldconfig', '-p'), '/usr/bin/lib64/')
    policy = machine.path('/etc/gpuboot/gpuboot.toml')
    shipped = policy.read_text()
    policy.write_text('schema = 1\n[foreign]\nremove = ["aks-gpu"]\n')
    machine.power_off()
    machine.boot()
    machine.out('systemctl', 'start', 'gpuboot-foreign.service')  # or wait for the boot's own
    policy.write_text(shipped)
    equal(differences(machine), set())
    contains(machine.out('journalctl -b -o cat'), 'event=teardown status=cleaned', 'setuid_before=present',
             'setuid_after=absent')


@case('what is left is an error for who asks strictly, and keeps the marker')  # S2-16 S2-26 F-109
def _(machine):
    foreign.put_aks_gpu(machine)
    foreign.put(machine, '/srv/vendors/nvidia.icd')
    machine.out('mkdir -p /etc/OpenCL && ln -s /srv/vendors /etc/OpenCL/vendors')
    done = machine.run('gpubootctl', 'purge', '--foreign', 'aks-gpu')
    equal(done.returncode, 0, done.stdout)
    contains(done.stdout, 'status incomplete', 'foreign_detour', '/etc/OpenCL/vendors is a link to /srv/vendors')
    equal(machine.run('gpubootctl', 'purge', '--foreign', 'aks-gpu', '--strict').returncode, 1)
    assert exists(machine, foreign.MARKER) and exists(machine, '/srv/vendors/nvidia.icd')
    assert not exists(machine, '/usr/bin/nvidia-modprobe')
    machine.out('rm', '-r', '/etc/OpenCL', '/srv/vendors')
    equal(machine.run('gpubootctl', 'purge', '--foreign', '--strict', 'aks-gpu').returncode, 0)
    equal(differences(machine), set())


@case('an initramfs is refused by name, with the reason')  # S2-28
def _(machine):
    done = machine.run('gpubootctl', 'purge', '--foreign', 'initramfs')
    equal(done.returncode, 1, done.stdout)
    contains(done.stdout, 'never edited')
    equal(machine.run('gpubootctl', 'purge', '--foreign').returncode, 2)
