# SPDX-License-Identifier: LGPL-2.1-or-later
"""A driver whose Makefile is an enemy. Each thing it tries is first shown to work for root outside the walls;
one that does not is void and proves nothing."""
import json
import re
import time

from check import case, contains, equal, within
from tree import KERNEL
import drivers
import hostile_actions
import pretend
import test_boot
from test_bake import STORE, bakes, check_again
from test_rebuild import GATE, compile_runs, standing_compile

# Tenths: @setuid, which make needs; no ProtectKernelModules, which would hide the headers; one family of sockets
# that no kernel has, because systemd 252 takes "none" from unit files alone.
EXPOSURE = 7
TREE = '/usr/src/hostile-1.0.0'
victim = None


def prepare(machine, deb):
    global victim
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    machine.out('echo secret > /root/secret && chmod 600 /root/secret && mkdir -p /srv/private && chmod 700 /srv/private')
    machine.out('SECRET=word systemd-run --unit=victim sleep 3600')
    victim = test_boot.show(machine, 'victim.service', 'MainPID')
    machine.out('systemd-run', '--unit=listener', 'perl', '-e', hostile_actions.LISTENER)


def hostile(machine, makefile):
    drivers.install_small(machine, 'hostile')
    machine.path(f'{TREE}/Makefile').write_text(makefile)
    machine.path(f'{TREE}/attempts').write_text(hostile_actions.script(victim))
    drivers.pin(machine, 'hostile')


def bake(machine, **how):
    return machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=180, **how)


def log(machine):
    return machine.path('/var/lib/gpuboot/build.log').read_text(errors='replace')


@case('of some 80 hostile actions none succeeds, and each does for root outside')  # F-70 F-69 F-71
def _(machine):
    outside = machine.out('mkdir -p /srv/outside && cd /srv/outside && sh /dev/stdin',
                          text_in=hostile_actions.script(victim), timeout=120)
    machine.out(hostile_actions.CLEAR)
    proven = {line.split()[1] for line in outside.splitlines() if line.startswith('done ')}
    void = [name for name, _ in hostile_actions.ACTIONS if name not in proven]
    print(f'# {len(proven - {"control"})} of {len(hostile_actions.ACTIONS)} proven outside; void: {" ".join(void) or "none"}')
    assert len(proven) >= 40, f'only {len(proven)} actions prove anything'

    hostile(machine, 'modules:\n\t@sh ./attempts\n\t@echo over\n\t@false\n')
    equal(bake(machine).returncode, 1)
    said = log(machine)
    contains(said, 'gpuboot: compiled in a unit of its own', 'over\n')
    succeeded = {line.split()[1] for line in said.splitlines() if line.startswith('done ')}
    assert 'control' in succeeded, 'nothing was tried'
    equal(sorted(succeeded & proven - {'control'}), [], 'succeeded inside')
    left = machine.run(hostile_actions.EFFECTS).stdout
    equal(left, '', 'seen outside')
    equal(bakes(machine), [])


@case('without systemd the walls are gpuboot-confine\'s own, and hold what they promise')  # F-70
def _(machine):
    machine.power_off()
    try:
        equal(bake(machine).returncode, 1)
        said = log(machine)
        contains(said, 'gpuboot: compiled as a child without rights, in no unit: systemd', 'over\n')
        succeeded = {line.split()[1] for line in said.splitlines() if line.startswith('done ')}
        print(f'# succeeded, and changed nothing outside: {" ".join(sorted(succeeded)) or "none"}')
        equal(sorted(succeeded - hostile_actions.HARMLESS - {'control'}), [], 'succeeded inside')
    finally:
        machine.boot()
        prepare_again(machine)


def prepare_again(machine):
    global victim
    pretend.gpu_and_kernel(machine, KERNEL)
    machine.out('systemd-run', '--unit=victim', 'sleep', '3600')
    victim = test_boot.show(machine, 'victim.service', 'MainPID')


@case('the walls of the running unit, as systemd judges them')  # fault-model.md 4.2
def _(machine):
    machine.out(f'rm -f {GATE} && mkfifo -m 0666 {GATE}')
    drivers.install_small(machine, 'slow', makefile=f'GATE := $(shell cat {GATE})\n')
    drivers.pin(machine, 'slow')
    with machine.follow('gpubootctl', 'bake', '--kernel', KERNEL, ready='', timeout=120) as told:
        with standing_compile(machine):
            [unit] = [line.split()[0] for line in machine.out('systemctl', 'list-units', '--plain', '--no-legend',
                                                              'gpuboot-build-*').splitlines()]
            judged = machine.run('systemd-analyze', 'security', '--no-pager', unit).stdout
            exposure = re.search(r'exposure level for \S+: ([0-9.]+)', judged)
            assert exposure, judged[-500:]
            print(f'# exposure of the compile: {exposure[1]}')
            assert float(exposure[1]) * 10 <= EXPOSURE, judged
        list(told)
    machine.out(f'rm -rf {STORE}/*')


@case('products that are no files of their own are not taken')  # F-71
def _(machine):
    for number, makes in enumerate(['ln -s /etc/shadow nvidia.ko', 'mkfifo nvidia.ko', 'mkdir nvidia.ko',
                                    'ln nvidia.c nvidia.ko', 'truncate -s 1500M nvidia.ko', 'cp nvidia.c nvidia.ko',
                                    ': > nvidia.ko', 'ln -s . loop && ln -s loop/nvidia.c nvidia.ko']):
        hostile(machine, f'modules:\n\t{makes}\n\tcp nvidia.c nvidia-uvm.ko\n\tcp nvidia.c nvidia-modeset.ko\n')
        told = bake(machine)
        equal(told.returncode, 1, f'{makes}: {told.stdout}')
        equal(bakes(machine), [], makes)
    equal(machine.run('ls', '-A', '/var/lib/gpuboot/build').stdout, '', 'left')


@case('a make that never ends, daemonises and prints without end: over at the deadline, the log bounded')  # F-67 F-69
def _(machine):
    hostile(machine, 'modules:\n\ttrap "" TERM INT HUP; setsid sh -c "trap \\"\\" TERM; sleep 3600" & yes filling the log\n')
    machine.path('/etc/gpuboot/gpuboot.toml').write_text('schema = 1\n[rebuild]\ntimeout_seconds = 8\n')
    machine.out('rm -rf /run/gpuboot/tried')
    equal(check_again(machine)['verdict'], 'rebuild')
    begin = time.monotonic()
    machine.run('systemctl', 'start', 'gpuboot-rebuild.service', timeout=60)
    assert time.monotonic() - begin < 30, f'{time.monotonic() - begin:.0f} s'
    within(5, lambda: not compile_runs(machine), 'nothing of it runs')
    report = json.loads(machine.out('cat', '/run/gpuboot/report/rebuild.json'))
    equal(report['verdict'], 'blocked')
    contains(json.dumps(report['reasons']), 'did not end within 8 s')
    assert len(log(machine)) <= 4 << 20, len(log(machine))
    assert not list(machine.path('/var/lib/gpuboot/records/failed').glob('*-open-*')) or \
        'did not end' not in machine.out('cat /var/lib/gpuboot/records/failed/*'), 'a deadline is remembered'
    machine.path('/etc/gpuboot/gpuboot.toml').unlink()
    equal(bakes(machine), [])


@case('the phase is killed: its compile ends with it')  # F-15
def _(machine):
    drivers.install_small(machine, 'slow', makefile=f'GATE := $(shell cat {GATE})\n')
    drivers.pin(machine, 'slow')
    machine.out(f'rm -rf /run/gpuboot/tried {STORE}/*')
    equal(check_again(machine)['verdict'], 'rebuild')
    machine.out('systemctl', 'start', '--no-block', 'gpuboot-rebuild.service')
    with standing_compile(machine):
        machine.out('systemctl', 'kill', '--signal=KILL', 'gpuboot-rebuild.service')
        within(10, lambda: not compile_runs(machine), 'the compile is gone with its phase')
    equal(bakes(machine), [])
