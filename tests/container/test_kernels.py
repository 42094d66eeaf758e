# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels that come and go: a bake for each is made behind everything else, told, and collected."""
import json

import drivers
import pretend
import progress
import test_boot
from boot_menu import answers
from check import case, contains, equal, within
from test_bake import STORE, bakes
from test_rebuild import install_slow, standing_compile
from tree import KERNEL, NEW_KERNEL, OLD_KERNEL

QUEUE = '/var/lib/gpuboot/queue'
PREBAKE = 'gpuboot-prebake.service'


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    drivers.install_small(machine, 'small-driver')
    drivers.pin(machine, 'small-driver')
    for kernel in [KERNEL, OLD_KERNEL]:  # the tree has their headers alone
        machine.out(f'mkdir -p /lib/modules/{kernel}/kernel')


def call_hooks(machine, folder, kernel):
    """As the packages of Debian's kernels do."""
    return machine.run('run-parts', '--report', '--exit-on-error', f'--arg={kernel}', f'--arg=/boot/vmlinuz-{kernel}',
                       f'/etc/kernel/{folder}')


def on_bus(machine):
    told = json.loads(machine.out('busctl', '--json=short', 'get-property', 'org.gpuboot1', '/org/gpuboot1',
                                  'org.gpuboot1.Manager', 'Kernels'))
    return {kernel: [answer, why] for kernel, answer, why in told['data']}


def queued(machine):
    return machine.run('ls', QUEUE).stdout.split()


def finished(machine):
    within(120, lambda: test_boot.show(machine, PREBAKE, 'ActiveState') in ('inactive', 'failed'), 'the bakes are made')
    equal(test_boot.show(machine, PREBAKE, 'Result'), 'success')


@case('without a bake each installed kernel is told with the reason, headers alone are no kernel')
def _(machine):
    told = answers(machine)
    equal({kernel: told[kernel]['answer'] for kernel in (KERNEL, OLD_KERNEL)}, {KERNEL: 'no', OLD_KERNEL: 'no'})
    equal([reason['code'] for reason in told[KERNEL]['reasons']], ['no_bake'])
    assert NEW_KERNEL not in told, told
    equal(machine.run('gpubootctl', 'kernels').returncode, 6)


@case('the installation of a kernel starts a bake for it, and does not wait')
def _(machine):
    install_slow(machine)
    machine.out(f'rm -rf {QUEUE}')
    equal(call_hooks(machine, 'postinst.d', KERNEL).returncode, 0)
    with standing_compile(machine):
        equal(queued(machine), [KERNEL])
        equal(test_boot.show(machine, PREBAKE, 'ActiveState'), 'activating')
        within(5, lambda: progress.on_bus(machine) != '', 'the bus tells how far it is')
        contains(answers(machine)[KERNEL]['answer'], 'building')
        within(5, lambda: on_bus(machine).get(KERNEL, [''])[0].startswith('building'), 'the bus tells the same')
        equal(answers(machine)[OLD_KERNEL]['answer'], 'no')
        machine.power_off()  # in the middle


@case('a reboot in the middle only puts it off')
def _(machine):
    machine.out('rm -f /usr/src/gate && echo open > /usr/src/gate')
    machine.boot()
    pretend.gpu_and_kernel(machine, KERNEL)
    equal(queued(machine), [KERNEL])
    machine.out('systemctl', 'start', PREBAKE, timeout=180)
    finished(machine)
    told = answers(machine)[KERNEL]
    equal((told['answer'], told['queued']), ('yes', False))
    equal([told['bake']], bakes(machine))
    within(5, lambda: on_bus(machine).get(KERNEL) == ['yes', told['bake']], 'the bus tells the same')
    equal(on_bus(machine)[OLD_KERNEL][0], 'no')
    equal(queued(machine), [])


@case('what pulls it in is no boot that anybody waits for')
def _(machine):
    contains(test_boot.show(machine, 'gpuboot-deferred.target', 'Wants'), PREBAKE)
    contains(test_boot.show(machine, PREBAKE, 'After'), 'gpu-ready.target')
    equal((test_boot.show(machine, PREBAKE, 'CPUWeight'), test_boot.show(machine, PREBAKE, 'Nice')), ('idle', '19'))


@case('a kernel whose headers come later stays in the queue until then')
def _(machine):
    equal(call_hooks(machine, 'postinst.d', '6.1.0-99-cloud-amd64').returncode, 0)
    machine.out('mkdir -p /lib/modules/6.1.0-99-cloud-amd64/kernel')
    machine.run('systemctl', 'start', PREBAKE, timeout=60)
    finished(machine)
    equal(queued(machine), ['6.1.0-99-cloud-amd64'])
    told = answers(machine)['6.1.0-99-cloud-amd64']
    equal((told['answer'], [reason['code'] for reason in told['reasons']]), ('queued', ['headers_missing']))
    equal(call_hooks(machine, 'header_postinst.d', OLD_KERNEL).returncode, 0)
    finished(machine)
    equal(answers(machine)[OLD_KERNEL]['answer'], 'yes')


@case('a source that does not compile for a kernel is told with its first error, once, and the others stay')
def _(machine):
    machine.out(f'mkdir -p /lib/modules/{NEW_KERNEL}/kernel')
    before = bakes(machine)
    drivers.install_small(machine, 'broken')
    with machine.path('/usr/src/broken-1.0.0/nvidia.c').open('a') as source:
        source.write('#error this kernel is not known\n')
    drivers.pin(machine, 'broken')
    equal(call_hooks(machine, 'postinst.d', NEW_KERNEL).returncode, 0)
    finished(machine)
    told = answers(machine)[NEW_KERNEL]
    equal((told['answer'], told['queued'], told['reasons'][0]['code']), ('no', False, 'build_failed_before'))
    contains(told['reasons'][0]['text'], 'this kernel is not known')
    equal(bakes(machine), before)
    drivers.pin(machine, 'slow')


@case('a kernel that is removed leaves the queue, and its bakes the store')
def _(machine):
    assert any(OLD_KERNEL in bake for bake in bakes(machine)), bakes(machine)
    machine.out(f'rm -rf /lib/modules/6.1.0-99-cloud-amd64 /lib/modules/{OLD_KERNEL}')
    equal(call_hooks(machine, 'postrm.d', OLD_KERNEL).returncode, 0)
    machine.run('systemctl', 'start', PREBAKE, timeout=60)
    finished(machine)
    equal(queued(machine), [])
    machine.out('gpubootctl', 'collect')  # its unit needs an active bake, and no container can have one
    assert not any(OLD_KERNEL in bake for bake in bakes(machine)), bakes(machine)
    equal(answers(machine)[KERNEL]['answer'], 'yes')


@case('opted out for good, and policy wants the disk clean: behind the boot no bake is left')  # S2-09 S2-14
def _(machine):
    before = len(bakes(machine))
    drop_in = machine.path('/etc/gpuboot/gpuboot.toml.d/purge.toml')
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text('schema = 1\n[store]\nopted_out = "purge"\n')
    machine.out('touch /run/gpuboot/opt-out && systemctl start gpuboot-check.service gpuboot-collect.service')
    equal(len(bakes(machine)), before, 'opted out for this boot only')
    cursor = machine.cursor()
    machine.out('rm /run/gpuboot/opt-out && touch /etc/gpuboot/opt-out && systemctl start gpuboot-check.service')
    equal(len(bakes(machine)), before, 'the check itself deletes nothing')
    machine.out('systemctl', 'start', 'gpuboot-collect.service')
    equal(bakes(machine), [])
    contains(machine.journal(cursor), f'event=teardown status=cleaned bakes_before={before} bakes_after=0')


@case('hostile words and a package that is gone do no installation harm')  # F-99
def _(machine):
    for kernel in ['../../etc/x', '', '-x', 'a b']:
        equal(call_hooks(machine, 'postinst.d', kernel).returncode, 0)
    equal(queued(machine), [])
    machine.out('dpkg --remove gpuboot')
    for folder in ['postinst.d', 'header_postinst.d', 'postrm.d']:
        equal(call_hooks(machine, folder, KERNEL).returncode, 0)
    machine.out('dpkg --purge gpuboot')
    equal(machine.run('ls /etc/kernel/*/zzz-gpuboot').returncode, 2)
