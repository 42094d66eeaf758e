# SPDX-License-Identifier: LGPL-2.1-or-later
"""A boot menu by GRUB's own tools, what the guard makes of its default, and what is said of the kernels in it."""
import json

import test_boot
from check import contains, equal
from tree import KERNEL

GUARD = 'gpuboot-guard.service'
POLICY = '/etc/gpuboot/gpuboot.toml'
MOTD = '/run/motd.d/gpuboot'
SAVED = f'gnulinux-advanced-0c1d>gnulinux-{KERNEL}-advanced-0c1d'
# A container has no disk to ask; the hook is the one that grub2-common brings.
PROBE = '''#!/bin/sh
case "$*" in
*fs_uuid*) echo 0c1d ;;
*--target=device*) echo /dev/vda1 ;;
*--target=fs*) echo ext2 ;;
esac
'''
HOOK = '#!/bin/sh\nexec grub-mkconfig -o /boot/grub/grub.cfg\n'


def put_kernel(machine, kernel):
    """As much of it as a menu and gpuboot look for."""
    machine.out(f'mkdir -p /lib/modules/{kernel}/kernel && echo kernel > /boot/vmlinuz-{kernel}')


def install_grub(machine, *kernels):
    """As far as it concerns the default: no container has a boot loader."""
    for kernel in kernels:
        put_kernel(machine, kernel)
    machine.path('/usr/sbin/grub-probe').write_text(PROBE)
    for folder in ['postinst.d', 'postrm.d']:
        hook = machine.path(f'/etc/kernel/{folder}/zz-update-grub')
        hook.write_text(HOOK)
        hook.chmod(0o755)
    machine.out('mkdir -p /boot/grub /etc/default && grub-editenv /boot/grub/grubenv create'
                ' && grub-editenv /boot/grub/grubenv set timeout_style=menu')


def configure(machine, default):
    """As the operator does: in /etc/default/grub, then update-grub."""
    machine.path('/etc/default/grub').write_text(f'GRUB_DEFAULT={default}\nGRUB_DISTRIBUTOR=Debian\n')
    machine.out('/etc/kernel/postinst.d/zz-update-grub')


def ask_for_guard(machine, truth):
    """Policy is an edited file; nothing else is called."""
    machine.path(POLICY).write_text(f'schema = 1\n[kernels]\nguard = {truth}\n')


def saved(machine):
    lines = machine.out('grub-editenv', '/boot/grub/grubenv', 'list').splitlines()
    contains(lines, 'timeout_style=menu')
    return next((line.partition('=')[2] for line in lines if line.startswith('saved_entry=')), '')


def run_guard(machine):
    machine.out('systemctl', 'start', GUARD)
    equal(test_boot.show(machine, GUARD, 'Result'), 'success')


def motd(machine):
    """"" when nothing is said at login."""
    return machine.run(f'! test -e {MOTD} || cat {MOTD}').stdout


def answers(machine):
    """What `gpubootctl kernels` says of each."""
    told = json.loads(machine.run('gpubootctl', 'kernels', '--json').stdout)
    return {one['kernel']: one for one in told}


def kept(machine):
    return [kernel for kernel, one in answers(machine).items() if one['kept']]
