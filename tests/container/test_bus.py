# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon on the real system bus, as root and as somebody else."""
import json

from check import case, contains, equal
import test_boot

MANAGER = ['org.gpuboot1', '/org/gpuboot1', 'org.gpuboot1.Manager']
prepare = test_boot.prepare


def busctl(machine, *words, user=None):
    return machine.run('busctl', '--system', '--json=short', *words, user=user, timeout=60)


def value(machine, name, user=None):
    told = busctl(machine, 'get-property', *MANAGER, name, user=user)
    equal(told.returncode, 0, told.stdout)
    return json.loads(told.stdout)['data']


@case('shows its interface')
def _(machine):
    shown = machine.out('busctl', 'introspect', 'org.gpuboot1', '/org/gpuboot1')
    contains(shown, 'org.gpuboot1.Manager', 'org.freedesktop.DBus.ObjectManager', '.Check', '.Rebuild', '.Init',
             '.Explain', '.Verdict', '.Reasons', '.DriverVersion', '.Kind', '.Kernel', '.Bake', '.Report', '.Gpus')


@case('everybody may read')
def _(machine):
    for user in [None, 'nobody']:
        equal(value(machine, 'Verdict', user), 'idle', f'as {user}')
        equal(value(machine, 'State', user), 'idle', f'as {user}')
        equal(value(machine, 'Kernel', user), machine.out('uname', '-r'))
    report = json.loads(value(machine, 'Report', 'nobody'))
    equal((report['phase'], report['verdict']), ('check', 'idle'))
    equal(json.loads(machine.run('gpubootctl', 'status', '--json', user='nobody').stdout)['source'], 'bus')


@case('only root may change something')  # F-99
def _(machine):
    for method in ['Check', 'Rebuild', 'Init', 'Deactivate', 'OptOut', 'OptIn']:
        told = busctl(machine, 'call', *MANAGER, method, 'a{sv}', '0', user='nobody')
        assert told.returncode != 0, f'{method} as nobody: {told.stdout}'
        contains(told.stdout.lower(), 'access denied')
    equal(machine.out('ls', '/run/gpuboot/want'), '', 'requests')


@case('refuses an option it does not know')
def _(machine):
    told = busctl(machine, 'call', *MANAGER, 'Check', 'a{sv}', '1', 'frce', 'b', 'true')
    assert told.returncode != 0, told.stdout
    contains(told.stdout, 'frce')


@case('nobody else may take the name')
def _(machine):
    machine.out('systemctl', 'stop', 'gpubootd.service')
    told = busctl(machine, 'call', 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus',
                  'RequestName', 'su', 'org.gpuboot1', '0')
    assert told.returncode != 0, told.stdout
    contains(told.stdout.lower(), 'denied')


@case('a call starts a daemon that is not there')
def _(machine):
    equal(machine.run('systemctl', 'is-active', 'gpubootd.service').stdout.strip(), 'inactive')
    equal(value(machine, 'Verdict'), 'idle')


def finished_job(machine, method, *options):
    """Calls and follows the job's signals to its end: (id, object path, outcome)."""
    with machine.follow('busctl', '--system', '--json=short', 'monitor', 'org.gpuboot1',
                        ready='Monitoring bus message stream') as signals:
        told = busctl(machine, 'call', *MANAGER, method, 'a{sv}', *(options or ['0']))
        equal(told.returncode, 0, told.stdout)
        job = json.loads(told.stdout)['data'][0]
        for line in signals:
            message = json.loads(line) if line.startswith('{') else {}
            if message.get('member') == 'JobRemoved' and message['payload']['data'][1] == job:
                return message['payload']['data']
    raise AssertionError(f'{method}: {job} did not end')


@case('a check asked for by root ends as a finished job')
def _(machine):
    number, path, outcome = finished_job(machine, 'Check')
    equal((path, outcome), (f'/org/gpuboot1/job/{number}', 'done'))
    record = json.loads(machine.out('cat', f'/run/gpuboot/report/job-{number}.json'))
    equal((record['job'], record['verb'], record['state'], record['verdict']), (number, 'check', 'done', 'idle'))
    equal(machine.out('ls', '/run/gpuboot/want'), '', 'requests')


@case('a burst of checks ends, each one, with an outcome')  # F-94
def _(machine):
    for _ in range(8):
        number, _, outcome = finished_job(machine, 'Check')
        record = json.loads(machine.out('cat', f'/run/gpuboot/report/job-{number}.json'))
        equal((outcome, record['error']), ('done', ''))
    equal(machine.run('systemctl', '--failed', '--no-legend').stdout, '', 'failed units')


@case('killed, it comes back by itself and shows the same')  # F-14
def _(machine):
    names = ['State', 'Verdict', 'Reasons', 'Kernel', 'Bake', 'Report', 'Gpus']
    was = [value(machine, name) for name in names]
    old = test_boot.show(machine, 'gpubootd.service', 'MainPID')
    with machine.follow('busctl', '--system', '--json=short', 'monitor', 'org.freedesktop.DBus',
                        ready='Monitoring bus message stream') as signals:
        machine.out('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'gpubootd.service')
        for line in signals:
            data = json.loads(line).get('payload', {}).get('data') if line.startswith('{') else None
            if data and data[0] == 'org.gpuboot1' and len(data) == 3 and data[2]:  # NameOwnerChanged: a new owner
                break
    assert test_boot.show(machine, 'gpubootd.service', 'MainPID') not in ('0', old)
    equal([value(machine, name) for name in names], was)
