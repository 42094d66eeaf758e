# SPDX-License-Identifier: LGPL-2.1-or-later
"""Services around a GPU that is there in pretence: which of them gpu-ready.target waits for, and what is said of those
that fail, hang or are missing."""
import json

import drivers
import pretend
import test_boot
from check import case, contains, equal, within
from test_boot import show

POLICY = '''schema = 1
[ready]
test = "bound"
[driver]
persistence = "{persistence}"
[units]
critical = [{critical}]
deferred = [{deferred}]
'''
FINE = 'Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true'
FAILS = 'Type=oneshot\nExecStart=/bin/false'
SILENT = 'Type=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec={limit}'
PLUGIN, DCGM, MANAGER = 'device-plugin.service', 'dcgm-a@1.service', 'nvidia-fabricmanager.service'


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.loaded_driver(machine, drivers.VERSION)


def unit(machine, name, service):
    machine.path(f'/etc/systemd/system/{name}').write_text(f'[Service]\n{service}\n')


def policy(machine, critical=(), deferred=(), persistence='off'):
    def quoted(names):
        return ', '.join(f'"{name}"' for name in names)
    machine.path('/etc/gpuboot/gpuboot.toml').write_text(
        POLICY.format(critical=quoted(critical), deferred=quoted(deferred), persistence=persistence))


def chain(machine):
    """The chain of a boot anew; gives whether gpu-ready.target was reached, and what status tells."""
    machine.run('systemctl', 'stop', 'gpu-ready.target', PLUGIN, DCGM, MANAGER)
    machine.out('systemctl', 'daemon-reload')
    reached = machine.run('systemctl', 'start', 'gpu-ready.target').returncode == 0
    equal(show(machine, 'gpu-ready.target', 'ActiveState') == 'active', reached, 'gpu-ready.target')
    return reached, json.loads(machine.run('gpubootctl', 'status', '--json').stdout)


def reason(status, code):
    return next((told for told in status['reasons'] if told['code'] == code), {})


def stamp(machine, name, event):
    return int(show(machine, name, f'{event}TimestampMonotonic'))


@case('a deferred unit that never gets there gets its job behind gpu-ready.target, and nothing waits for it')
def _(machine):  # S3-05 S3-07 S3-08
    unit(machine, PLUGIN, FINE)
    unit(machine, 'dcgm-a@.service', SILENT.format(limit='infinity'))
    policy(machine, [PLUGIN], [DCGM])
    reached, status = chain(machine)
    equal((reached, status['ready'], status['reasons']), (True, True, []))
    within(10, lambda: show(machine, DCGM, 'ActiveState') == 'activating', 'the unit is started')
    began, ready = stamp(machine, DCGM, 'InactiveExit'), stamp(machine, 'gpu-ready.target', 'ActiveEnter')
    assert began >= ready > 0, f'began at {began}, ready at {ready}'
    assert stamp(machine, PLUGIN, 'ActiveEnter') <= ready, 'the critical unit was not waited for'
    within(10, lambda: machine.out('systemctl', 'list-jobs', '--no-legend').count('dcgm') == 1
           and len(machine.out('systemctl', 'list-jobs', '--no-legend').splitlines()) == 1, 'only its own job is left')


@case('a critical unit that fails: the target is not reached, the unit is named, no deferred one is started')
def _(machine):  # S3-06 S3-08 F-93
    unit(machine, PLUGIN, FAILS)
    policy(machine, [PLUGIN], [DCGM])
    cursor = machine.cursor()
    reached, status = chain(machine)
    equal((reached, status['ready'], reason(status, 'unit_failed').get('subject')), (False, False, PLUGIN))
    contains(machine.journal(cursor, SYSLOG_IDENTIFIER='gpuboot-phase'), f'critical unit {PLUGIN} did not start')
    equal(show(machine, DCGM, 'ActiveState'), 'inactive')


@case('a critical unit that never gets there ends at its own time limit, and is named')
def _(machine):  # F-93
    unit(machine, PLUGIN, SILENT.format(limit=2))
    policy(machine, [PLUGIN])
    reached, status = chain(machine)
    equal((reached, reason(status, 'unit_failed').get('subject')), (False, PLUGIN))


@case('a unit that is missing is named by its class: fatal when critical, told when deferred')
def _(machine):  # S3-05 S3-06 S3-07
    policy(machine, ['nobody.service'], ['nothing.service'])
    reached, status = chain(machine)
    equal(reached, False)
    equal(reason(status, 'critical_unit_missing').get('subject'), 'nobody.service')
    equal(reason(status, 'deferred_unit_missing').get('subject'), 'nothing.service')
    policy(machine, [], ['nothing.service'])
    reached, status = chain(machine)
    equal((reached, status['ready']), (True, True))
    equal(reason(status, 'deferred_unit_missing').get('subject'), 'nothing.service')


@case('no fabric: the fabric manager is not touched, broken as it is')
def _(machine):  # P16
    unit(machine, MANAGER, FAILS)
    policy(machine)
    reached, status = chain(machine)
    equal((reached, status['reasons']), (True, []))
    equal(stamp(machine, MANAGER, 'InactiveExit'), 0, 'it was started')


def says(machine, text):
    """A fabric manager that answers so when it is asked for its version."""
    program = machine.path('/usr/bin/nv-fabricmanager')
    program.write_text(f'#!/bin/sh\n{text}\n')
    program.chmod(0o755)


@case('NVSwitches: the fabric manager is critical, of the driver\'s version, and whatever it prints does no harm')
def _(machine):  # P16
    pretend.plug(machine, '0000:c1:00.0', '0x22a3', '0x068000', 'nvidia-nvswitch')
    machine.path(f'/etc/systemd/system/{MANAGER}').unlink()
    policy(machine)
    reached, status = chain(machine)
    equal((reached, reason(status, 'fabric_manager_missing').get('subject')), (False, MANAGER))
    unit(machine, MANAGER, FINE)
    says(machine, 'echo Fabric Manager version is : 1.2.3')
    reached, status = chain(machine)
    equal((reached, reason(status, 'fabric_manager_differs').get('found')), (False, '1.2.3'))
    for text in [f'echo Fabric Manager version is : {drivers.VERSION}', 'head -c 30000000 /dev/zero',
                 'exec sleep infinity']:
        says(machine, text)
        reached, status = chain(machine)
        equal((reached, status['ready'], show(machine, MANAGER, 'ActiveState')), (True, True, 'active'), text)
    unit(machine, MANAGER, FAILS)
    reached, status = chain(machine)
    equal((reached, reason(status, 'unit_failed').get('subject')), (False, MANAGER))
