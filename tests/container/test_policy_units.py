# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units that policy names, started by a real service manager at its real speed. The driver behind them is one that
the container believes in; the machine tier has the real one."""
import json
import statistics

import drivers
import pretend
import test_boot
from check import case, contains, equal, within
from tree import KERNEL

POLICY = '/etc/gpuboot/gpuboot.toml'
DCGM, PLUGIN = 'nvidia-dcgm.service', 'nvidia-device-plugin.service'
HEALTHY = '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n'
HANGING = '[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity\n'
FAILING = '[Service]\nType=oneshot\nExecStart=/bin/false\n'
ROUNDS = 7


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    pretend.live_driver(machine, '1.0.0')
    drivers.install_small(machine, 'small-driver')
    drivers.pin(machine, 'small-driver')


def boot_again(machine, critical='', deferred='', **units):
    """What a boot does, from the check on; gives init's report. A text of "" is a unit that is not installed."""
    machine.run(f'systemctl stop {DCGM} {PLUGIN} gpuboot-enqueue@{DCGM}.service gpu-ready.target')
    machine.path(POLICY).write_text(f'schema = 1\n[ready]\ntest = "bound"\n[units]\ncritical = [{critical}]\n'
                                    f'deferred = [{deferred}]\n')
    for unit, text in ((DCGM, units.get('dcgm')), (PLUGIN, units.get('plugin'))):
        path = machine.path(f'/etc/systemd/system/{unit}')
        path.write_text(text) if text else path.unlink(missing_ok=True)
    machine.out('systemctl', 'daemon-reload')
    machine.run('systemctl', 'start', 'gpu-ready.target')
    return json.loads(machine.out('cat', '/run/gpuboot/report/init.json'))


def stamp(machine, unit, event):
    return int(test_boot.show(machine, unit, f'{event}TimestampMonotonic')) / 1000


def reached(machine):
    return test_boot.show(machine, 'gpu-ready.target', 'ActiveState') == 'active'


def reasons(report):
    return [(reason['code'], reason['subject']) for reason in report['reasons']]


@case('a DCGM that hangs moves gpu-ready.target by nothing, one that does not is started behind it')  # S3-05 S3-07
def _(machine):
    took = {HEALTHY: [], HANGING: []}
    for text in [HEALTHY, HANGING] * ROUNDS:
        report = boot_again(machine, critical=f'"{PLUGIN}"', deferred=f'"{DCGM}"', dcgm=text, plugin=HEALTHY)
        equal((reached(machine), report['verdict'], report['reasons']), (True, 'ready', []))
        ready = stamp(machine, 'gpu-ready.target', 'ActiveEnter')
        within(20, lambda: stamp(machine, DCGM, 'InactiveExit') >= ready, 'DCGM is started, and behind the target')
        equal(test_boot.show(machine, PLUGIN, 'ActiveState'), 'active', 'the device plugin')
        took[text].append(ready - stamp(machine, 'gpuboot-init.service', 'InactiveExit'))
    equal(test_boot.show(machine, DCGM, 'ActiveState'), 'activating')
    healthy, hanging = (statistics.median(took[text]) for text in (HEALTHY, HANGING))
    print(f'# init to gpu-ready.target: {healthy:.1f} ms with a DCGM that starts, {hanging:.1f} ms with one that hangs')
    assert min(took[HANGING]) < max(took[HEALTHY]), f'each boot with one that hangs is slower: {took}'


@case('a deferred unit that fails, or is not there, is no more than a word')  # S3-07
def _(machine):
    report = boot_again(machine, deferred=f'"{DCGM}"', dcgm=FAILING)
    equal((reached(machine), report['verdict'], report['ready']), (True, 'ready', True))
    within(20, lambda: test_boot.show(machine, DCGM, 'ActiveState') == 'failed', 'DCGM has failed')
    assert reached(machine)
    report = boot_again(machine, deferred=f'"{DCGM}"')
    equal((reached(machine), report['verdict'], reasons(report)), (True, 'ready', [('deferred_unit_missing', DCGM)]))


@case('a device plugin that fails, or is not there, fails gpu-ready.target')  # S3-06
def _(machine):
    for text, code in ((FAILING, 'unit_failed'), ('', 'critical_unit_missing')):
        report = boot_again(machine, critical=f'"{PLUGIN}"', plugin=text)
        equal((reached(machine), report['verdict'], report['ready']), (False, 'blocked', False), code)
        equal(reasons(report), [(code, PLUGIN)])
        contains(report['reasons'][0]['text'], PLUGIN)
    report = boot_again(machine, critical=f'"{PLUGIN}"', plugin=HEALTHY)
    equal((reached(machine), report['verdict']), (True, 'ready'))
