# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guard of the boot loader's default, with the menu that GRUB's own tools write and read."""
import json

import drivers
import pretend
import test_boot
import test_kernels
from boot_menu import answers, ask_for_guard, configure, install_grub, kept, MOTD, motd, put_kernel, run_guard, SAVED, saved
from check import case, contains, equal, within
from test_rebuild import GATE, install_slow, standing_compile
from tree import KERNEL, NEW_KERNEL, OLD_KERNEL


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    install_grub(machine)
    install_slow(machine)
    machine.out(f'rm {GATE} && echo open > {GATE}')
    configure(machine, 'saved')
    for kernel in [KERNEL, OLD_KERNEL]:
        install(machine, kernel)
    test_kernels.finished(machine)
    machine.out('systemctl', 'start', test_kernels.PREBAKE, timeout=120)  # what was queued during a run
    test_kernels.finished(machine)
    told = answers(machine)
    equal([told[kernel]['answer'] for kernel in (KERNEL, OLD_KERNEL)], ['yes', 'yes'])


def install(machine, kernel):
    put_kernel(machine, kernel)
    equal(test_kernels.call_hooks(machine, 'postinst.d', kernel).returncode, 0)


def status_said(machine, cursor):
    """What the guard's events said since then."""
    machine.out('journalctl', '--sync')
    # Without a match: systemd 252 skips the first entry that fits one behind a cursor.
    lines = machine.out('journalctl', '--after-cursor', cursor, '-o', 'json').splitlines()
    return [event['GPUBOOT_STATUS'] for event in map(json.loads, lines) if 'GPUBOOT_NEWEST' in event
            or event.get('GPUBOOT_STATUS') == 'ended']


@case("GRUB's own tool has written a menu with submenu and saved_entry")
def _(machine):
    menu = machine.path('/boot/grub/grub.cfg').read_text()
    contains(menu, 'set default="${saved_entry}"', "submenu 'Advanced options", f'/boot/vmlinuz-{OLD_KERNEL}')
    assert menu.index(KERNEL) < menu.index(OLD_KERNEL), 'the newest is not the first'
    equal(saved(machine), '')


@case('without the policy nothing is kept, whatever lacks a bake')
def _(machine):
    machine.out(f'rm {GATE} && mkfifo -m 0666 {GATE}')
    install(machine, NEW_KERNEL)
    with standing_compile(machine):
        run_guard(machine)
        equal((saved(machine), kept(machine)), ('', []))
        equal(motd(machine), '')
        machine.out('systemctl', 'stop', test_kernels.PREBAKE)


@case('while a compile for the newest kernel is under way the older one is kept; its bake ends that')
def _(machine):
    ask_for_guard(machine, 'true')
    within(30, lambda: saved(machine) == SAVED and motd(machine) != '', 'policy takes effect')
    equal(kept(machine), [KERNEL])
    contains(motd(machine), NEW_KERNEL, KERNEL)
    machine.out('systemctl', '--no-block', 'start', test_kernels.PREBAKE)
    with standing_compile(machine):
        run_guard(machine)
        equal(saved(machine), SAVED)
    test_kernels.finished(machine)
    equal(answers(machine)[NEW_KERNEL]['answer'], 'yes')
    within(30, lambda: saved(machine) == '', 'the bake ends it')
    within(5, lambda: motd(machine) == '', 'nothing is said at login any more')
    equal(kept(machine), [])


@case('a kernel that the driver does not compile for: the older one stays the default, and all are told')  # F-34
def _(machine):
    drivers.install_small(machine, 'partial')
    folder = machine.path('/usr/src/partial-1.0.0')
    with (folder / 'Kbuild').open('a') as kbuild:
        kbuild.write(f'ifeq ($(KERNELRELEASE),{NEW_KERNEL})\nccflags-y += -DUNKNOWN_KERNEL\nendif\n')
    with (folder / 'nvidia.c').open('a') as source:
        source.write('#ifdef UNKNOWN_KERNEL\n#error this kernel is not known\n#endif\n')
    drivers.pin(machine, 'partial')
    cursor = machine.cursor()
    for kernel in [KERNEL, NEW_KERNEL]:
        equal(test_kernels.call_hooks(machine, 'postinst.d', kernel).returncode, 0)
        test_kernels.finished(machine)
        machine.run('systemctl', 'start', test_kernels.PREBAKE, timeout=120)
    test_kernels.finished(machine)
    told = answers(machine)
    equal([told[kernel]['answer'] for kernel in (KERNEL, NEW_KERNEL)], ['yes', 'no'])
    within(30, lambda: saved(machine) == SAVED and 'not known' in motd(machine), 'it is kept')
    contains(motd(machine), NEW_KERNEL, KERNEL, 'What to do')
    equal(kept(machine), [KERNEL])
    contains(machine.run('gpubootctl', 'kernels').stdout, f'{KERNEL} (kept)', 'guard: ')
    within(5, lambda: 'holds' in status_said(machine, cursor), 'the journal says so')


@case('a second run says nothing new')
def _(machine):
    cursor = machine.cursor()
    run_guard(machine)
    equal(status_said(machine, cursor), [])
    equal(saved(machine), SAVED)


@case('a default that somebody sets after the guard is theirs')
def _(machine):
    cursor = machine.cursor()
    machine.out('grub-editenv', '/boot/grub/grubenv', 'set', 'saved_entry=0')
    run_guard(machine)
    run_guard(machine)
    equal((saved(machine), kept(machine)), ('0', []))
    equal(motd(machine), '')
    within(10, lambda: status_said(machine, cursor) == ['cannot'], 'the journal says so')
    ask_for_guard(machine, 'false')
    within(30, lambda: machine.run('ls', '/var/lib/gpuboot/guard').returncode == 2, 'it is forgotten')
    equal(saved(machine), '0')


@case('a default of the operator that names an older kernel is never touched')
def _(machine):
    theirs = SAVED.replace(KERNEL, OLD_KERNEL)
    machine.out('grub-editenv', '/boot/grub/grubenv', 'set', f'saved_entry={theirs}')
    ask_for_guard(machine, 'true')
    run_guard(machine)
    equal((saved(machine), kept(machine)), (theirs, []))
    machine.out('grub-editenv', '/boot/grub/grubenv', 'unset', 'saved_entry')
    run_guard(machine)
    equal(saved(machine), SAVED)


@case('a menu that does not heed saved_entry is told, and what was set goes back')
def _(machine):
    configure(machine, '0')
    cursor = machine.cursor()
    run_guard(machine)
    equal(saved(machine), '')
    contains(machine.run('gpubootctl', 'kernels').stdout, 'GRUB_DEFAULT=saved')
    within(10, lambda: status_said(machine, cursor) == ['cannot'], 'the journal says so')
    configure(machine, 'saved')
    run_guard(machine)
    equal(saved(machine), SAVED)


@case('opting out ends it, and so does a kernel that is removed')
def _(machine):
    machine.out('touch', '/etc/gpuboot/opt-out')
    within(30, lambda: saved(machine) == '', 'opting out ends it')
    machine.out('rm', '/etc/gpuboot/opt-out')
    within(30, lambda: saved(machine) == SAVED, 'opting in has it back')
    machine.out(f'rm -r /lib/modules/{NEW_KERNEL} /boot/vmlinuz-{NEW_KERNEL}')
    equal(test_kernels.call_hooks(machine, 'postrm.d', NEW_KERNEL).returncode, 0)
    within(30, lambda: saved(machine) == '', 'the newest has a bake')


@case('the removal of the package gives the default back')  # F-16
def _(machine):
    machine.out(f'mkdir -p /lib/modules/{NEW_KERNEL}/kernel && echo kernel > /boot/vmlinuz-{NEW_KERNEL}')
    configure(machine, 'saved')
    run_guard(machine)
    equal(saved(machine), SAVED)
    machine.out('dpkg --remove gpuboot')
    equal(saved(machine), '')
    equal(machine.run('ls', MOTD, '/var/lib/gpuboot/guard').returncode, 2)
