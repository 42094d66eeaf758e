# SPDX-License-Identifier: LGPL-2.1-or-later
"""The compile as a boot does it, and everything that goes wrong with one, with a driver of seconds."""
import json

from check import case, contains, equal, within
from tree import KERNEL, OLD_KERNEL
import drivers
import pretend
import test_boot
from test_bake import STORE, bakes, check_again

GATE = '/usr/src/gate'


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    drivers.install_small(machine, 'small-driver')
    drivers.pin(machine, 'small-driver')


@case('names what is missing: the kernel, its headers')  # P21 F-62
def _(machine):
    told = machine.run('gpubootctl', 'bake')
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout, KERNEL, OLD_KERNEL)
    told = machine.run('gpubootctl', 'bake', '--kernel', '6.1.0-99-cloud-amd64')
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout, 'linux-headers-6.1.0-99-cloud-amd64')
    equal(bakes(machine), [])


@case('a boot without a fitting bake compiles one, in the walls of its unit, and checks again')  # S1-30 S1-32
def _(machine):
    equal(check_again(machine)['verdict'], 'rebuild')
    for phase in ['rebuild', 'recheck']:
        machine.run('systemctl', 'start', f'gpuboot-{phase}.service', timeout=180)
        equal(test_boot.show(machine, f'gpuboot-{phase}.service', 'ConditionResult'), 'yes', phase)
        equal(test_boot.show(machine, f'gpuboot-{phase}.service', 'Result'), 'success',
              f'{phase}: ' + machine.out('journalctl', '-o', 'cat', '-u', f'gpuboot-{phase}', '-n', '15'))
    [made] = bakes(machine)
    assert KERNEL in made, made
    report = json.loads(machine.out('cat', '/run/gpuboot/report/recheck.json'))
    equal((report['before']['verdict'], report['before']['bake']), ('fast', made))
    contains(json.dumps(report['reasons']), 'load_forbidden')  # no container may load
    for stamp in ['rebuild', 'recheck']:
        assert machine.run('test', '-e', f'/run/gpuboot/next/{stamp}').returncode != 0, f'next/{stamp} is left'


@case('compiles only once in a boot')  # S1-32
def _(machine):
    machine.out(f'rm -r {STORE}/*')
    report = check_again(machine)
    assert report['verdict'] == 'blocked', report['verdict']
    assert machine.run('test', '-e', '/run/gpuboot/next/rebuild').returncode != 0, 'asks for a second one'


@case('a compile error: the first one is told, nothing is committed')  # F-65
def _(machine):
    drivers.install_small(machine, 'broken')
    path = machine.path('/usr/src/broken-1.0.0/nvidia.c')
    path.write_text(path.read_text() + '\n#error "out of luck"\n')
    drivers.pin(machine, 'broken')
    told = machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=180)
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout, 'nvidia.c:', 'out of luck')
    equal(bakes(machine), [])


@case('a compile that makes nothing is a failure')  # F-66
def _(machine):
    drivers.install_small(machine, 'empty')
    machine.path('/usr/src/empty-1.0.0/Makefile').write_text('modules:\n\ttrue\n')
    drivers.pin(machine, 'empty')
    equal(machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=60).returncode, 1)
    equal(bakes(machine), [])


@case('source that is not what the pin says is not compiled')  # S4-08
def _(machine):
    drivers.install_small(machine, 'other')
    drivers.pin(machine, 'other')
    machine.out('echo >> /usr/src/other-1.0.0/nvidia.c')
    told = machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=60)
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout.lower(), 'sha256')
    equal(bakes(machine), [])


@case('killed in the middle: no bake is seen, and the next run makes one')  # F-01 F-02 F-06
def _(machine):
    # A compile that stands still until somebody opens the gate: then it is certainly in its middle.
    machine.out(f'mkfifo -m 0666 {GATE}')
    drivers.install_small(machine, 'slow', makefile=f'GATE := $(shell cat {GATE})\n')
    drivers.pin(machine, 'slow')
    with machine.follow('gpubootctl', 'bake', '--kernel', KERNEL, ready='', timeout=60):
        with open(machine.path(GATE), 'w'):  # returns when the compile reads
            machine.out('for process in /proc/[0-9]*; do case $(readlink $process/exe) in '
                        '*/gpubootctl) kill -9 ${process#/proc/} ;; esac; done; true')
    within(10, lambda: machine.out('ls -ld /proc/[0-9]* 2>/dev/null | grep gpuboot-build || true') == '',
           'the compile is gone with it')
    assert not [name for name in bakes(machine) if not name.startswith('.')], bakes(machine)
    equal(json.loads(machine.out('gpubootctl', 'list', '--json')), [])

    machine.out(f'rm {GATE} && echo open > {GATE}')
    # As if the cut had come during the commit, or during a removal.
    machine.out(f'mkdir -p {STORE}/.new-half/modules {STORE}/.del-half && echo x > {STORE}/.new-half/modules/nvidia.ko')
    machine.out('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
    assert len(bakes(machine)) == 1 and not bakes(machine)[0].startswith('.'), bakes(machine)


@case('a second bake of the same inputs at the same time waits or joins')  # F-72
def _(machine):
    machine.out(f'rm -r {STORE}/*')
    with machine.follow('gpubootctl', 'bake', '--kernel', KERNEL, ready='', timeout=120) as first:
        told = machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
        list(first)
    assert told.returncode == 0 or 'at work' in told.stdout, told.stdout
    equal(len(bakes(machine)), 1)


@case('hostile source gets nowhere')  # F-70
def _(machine):
    attempts = ['touch /etc/x', 'touch /var/lib/gpuboot/x', f'touch {STORE}/x', 'cat /etc/shadow',
                'touch /run/gpuboot/x', 'mount -t tmpfs none /mnt', 'ls /root',
                'busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager Reload',
                'chown root Makefile', 'cat /proc/1/environ', 'mknod device c 1 1']
    tries = '; '.join(f'{{ {attempt}; }} >/dev/null 2>&1 && echo {number}' for number, attempt in enumerate(attempts))
    drivers.install_small(machine, 'hostile', makefile=f'DONE := $(shell {tries}; echo over)\n'
                          'ifneq ($(DONE),over)\n$(error possible: $(DONE))\nendif\n')
    drivers.pin(machine, 'hostile')
    told = machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
    equal(told.returncode, 0, told.stdout)


@case('opted out: a boot leaves the machine alone')  # S2-10
def _(machine):
    machine.out('touch /etc/gpuboot/opt-out')
    report = check_again(machine)
    machine.out('rm /etc/gpuboot/opt-out')
    equal(report['verdict'], 'opted_out')


@case('a pin that is missing or wrong: an error with file and line, and the boot goes on')  # F-49 F-50 F-52
def _(machine):
    pin = machine.path('/etc/gpuboot/versions.toml')
    for text in ['', 'schema = 1\n[driver\n', 'schema = "one"\n', 'schema = 1\n[driver]\nversoin = "1.0.0"\n']:
        pin.write_text(text)
        report = check_again(machine)
        equal(test_boot.show(machine, 'gpuboot-check.service', 'Result'), 'success', repr(text))
        equal(report['verdict'], 'blocked', repr(text))
        contains(json.dumps(report['reasons']), 'pin_', '/etc/gpuboot/versions.toml')
    pin.unlink()
    shipped = machine.path('/usr/share/gpuboot/versions.toml')
    shipped.rename(shipped.with_suffix('.away'))
    report = check_again(machine)
    shipped.with_suffix('.away').rename(shipped)
    contains(json.dumps(report['reasons']), 'pin_missing')
