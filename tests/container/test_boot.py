# SPDX-License-Identifier: LGPL-2.1-or-later
"""One boot of a machine without GPU, and the walls around each unit."""
import json
import pathlib
import re
import shutil

from check import case, contains, equal

EXPOSURE = pathlib.Path(__file__).resolve().parents[2] / 'units' / 'exposure'
SERVICES = dict(line.split() for line in EXPOSURE.read_text().splitlines() if line and line[0] != '#')


def prepare(machine, deb):
    """An image with gpuboot in it, then the boot of that image."""
    shutil.copy(deb, machine.path('/gpuboot.deb'))
    machine.boot()
    machine.out('apt-get', '-q', '-y', 'install', '/gpuboot.deb', timeout=120)
    machine.power_off()
    machine.boot()


def show(machine, unit, field):
    return machine.out('systemctl', 'show', unit, '-P', field)


@case('reaches multi-user.target and gpu-ready.target, and no unit fails')
def _(machine):
    machine.run('systemctl', 'is-system-running', '--wait')
    for unit in ['multi-user.target', 'gpu-ready.target', 'gpubootd.service', 'gpuboot-request.path']:
        equal(show(machine, unit, 'ActiveState'), 'active', unit)
    equal(machine.run('systemctl', '--failed', '--no-legend').stdout, '', 'failed units')


@case('judges: idle, and says why')
def _(machine):
    told = machine.run('gpubootctl', 'status', '--json')
    equal(told.returncode, 4, f'exit status ({told.stdout})')
    status = json.loads(told.stdout)
    equal((status['verdict'], status['ready'], status['gpus']), ('idle', False, []))
    equal([reason['code'] for reason in status['reasons']], ['no_gpu'])


@case('runs the check and skips what follows from it')
def _(machine):
    equal(show(machine, 'gpuboot-check.service', 'Result'), 'success')
    assert show(machine, 'gpuboot-check.service', 'ExecMainStartTimestampMonotonic') != '0', 'the check did not run'
    for phase in ['rebuild', 'recheck', 'loader', 'init', 'foreign', 'collect']:
        equal(show(machine, f'gpuboot-{phase}.service', 'ConditionResult'), 'no', phase)
    equal(machine.run('ls', '/run/gpuboot/active', '/run/gpuboot/ready').returncode, 2)


@case('holds up no target of the system')
def _(machine):
    for target in ['sysinit.target', 'basic.target', 'multi-user.target', 'graphical.target']:
        waits = [unit for unit in show(machine, target, 'After').split()
                 if unit.startswith(('gpuboot-', 'gpu-ready')) and not unit.endswith('.path')]
        equal(waits, [], f'{target} waits for')


@case('a rescue boot pulls in no phase')  # F-141
def _(machine):
    wanted = machine.out('systemctl', 'list-dependencies', '--plain', '--all', 'rescue.target')
    assert 'gpu' not in wanted, wanted


@case('systemd-analyze verify finds nothing in an installed unit')
def _(machine):
    units = machine.out('dpkg -L gpuboot | grep "/systemd/system/.*\\."').split()
    assert len(units) >= 10, units
    said = machine.run('systemd-analyze', 'verify', '--man=no', *units)
    equal('\n'.join(line for line in said.stdout.splitlines() if 'gpu' in line), '')


@case('no unit is more exposed than units/exposure says')  # fault model 4.2
def _(machine):
    for unit, limit in SERVICES.items():
        said = machine.run('systemd-analyze', 'security', '--offline=yes', f'--threshold={limit}',
                           f'/lib/systemd/system/{unit}')
        equal(said.returncode, 0, f'{unit}: {said.stdout[-120:]}')


@case('the daemon has no privilege')  # F-114
def _(machine):
    pid = show(machine, 'gpubootd.service', 'MainPID')
    status = dict(line.split(':\t', 1) for line in machine.out('cat', f'/proc/{pid}/status').splitlines())
    uid = machine.out('id', '-u', 'gpuboot')
    equal(set(status['Uid'].split()), {uid}, 'Uid')
    for field in ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']:
        equal(int(status[field], 16), 0, field)
    equal((status['NoNewPrivs'], status['Seccomp']), ('1', '2'))


# What no phase may do, whatever its capabilities; each is possible outside.
HOSTILE = '''
try() { "$@" >/dev/null 2>&1 && echo "possible: $*"; }
try touch /etc/x
try touch /usr/x
try touch /home/x
try mount -t tmpfs none /mnt
try unshare --user true
try unshare --mount true
try hostname x
try mknod /run/gpuboot/node b 7 0
rm -f /run/gpuboot/node
try chroot / true
try setpriv --clear-groups true
echo done
'''


# What some of them are there for. That the nodes are character devices only is for the control group to hold,
# which a container has not.
DUTIES = {**dict.fromkeys(['gpuboot-rebuild.service', 'gpuboot-prebake.service'],
                           ['possible: setpriv --clear-groups true']),
          'gpuboot-loader.service': ['possible: touch /etc/x'],
          'gpuboot-foreign.service': ['possible: touch /etc/x', 'possible: touch /usr/x'],
          **dict.fromkeys(['gpuboot-init.service', 'gpuboot-device@.service', 'gpuboot-bound@.service',
                           'gpuboot-refresh.service'], ['possible: mknod /run/gpuboot/node b 7 0'])}


@case('the walls stand: hostile actions fail in every unit')  # F-70, for the phases
def _(machine):
    machine.path('/hostile').write_text(HOSTILE)
    outside = machine.out('sh', '/hostile').splitlines()
    assert len(outside) >= 6, f'a row that is impossible outside proves nothing: {outside}'
    machine.out('rm -f /etc/x /usr/x /home/x /run/gpuboot/node; umount /mnt')
    for unit in SERVICES:
        # The unit's walls around another program, without what it waits for.
        text = machine.path(f'/lib/systemd/system/{unit}').read_text()
        walls = [line for line in text.split('[Service]')[1].split('[Install]')[0].splitlines()
                 if not re.match('Exec|Type|RemainAfterExit|Restart|BusName|Watchdog|Notify', line)]
        machine.path('/etc/systemd/system/hostile.service').write_text(
            '\n'.join(['[Service]', 'Type=oneshot', 'ExecStart=/bin/sh /hostile', *walls, '']))
        machine.out('systemctl', 'daemon-reload')
        cursor = machine.cursor()
        machine.out('systemctl', 'start', 'hostile.service')
        said = machine.journal(cursor, _SYSTEMD_UNIT='hostile.service')
        contains(said, 'done')
        possible = [line for line in said.splitlines() if line.startswith('possible')]
        equal([line for line in possible if line not in DUTIES.get(unit, [])], [], unit)
