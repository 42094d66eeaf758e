# SPDX-License-Identifier: LGPL-2.1-or-later
"""The compile as a boot does it, and everything that goes wrong with one, with a driver of seconds."""
import contextlib
import errno
import json
import os
import time

from check import case, contains, equal, within
from tree import KERNEL, OLD_KERNEL
import drivers
import pretend
import progress
import test_boot
from test_bake import STORE, bakes, check_again

GATE = '/usr/src/gate'


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    pretend.gpu_and_kernel(machine, KERNEL)
    drivers.install_small(machine, 'small-driver')
    drivers.pin(machine, 'small-driver')


@case('the udev rule gives a GPU a device unit by its address, and that its gpuboot-device@')
def _(machine):
    said = machine.out('SYSTEMD_DEVICE_VERIFY_SYSFS=0 udevadm test --action=add '
                       f'/sys/bus/pci/devices/{pretend.ADDRESS} 2>&1')
    alias = f'/sys/subsystem/pci/devices/{pretend.ADDRESS}'
    contains(said, f'SYSTEMD_ALIAS={alias}\n', f'SYSTEMD_WANTS=gpuboot-device@{pretend.ADDRESS}.service\n', ':systemd:')
    equal([line for line in said.splitlines() if '70-gpuboot.rules:' in line], [], 'complaints')
    unit = machine.out('systemd-escape', '--path', '--suffix=device', alias)
    contains(test_boot.show(machine, f'gpuboot-device@{pretend.ADDRESS}.service', 'BindsTo'), unit)


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


@case('a compile error is not repeated by the next boot, until an input changes or somebody insists')  # F-65 F-77
def _(machine):
    def boots():
        machine.out('rm -rf /run/gpuboot/tried')
        equal(check_again(machine)['verdict'], 'rebuild')
        machine.run('systemctl', 'start', 'gpuboot-rebuild.service', timeout=180)
        report = json.loads(machine.out('cat', '/run/gpuboot/report/rebuild.json'))
        return [reason['code'] for reason in report['reasons'] if 'build' in reason['code']]

    equal(boots(), ['build_failed_before'])
    told = machine.run('gpubootctl', 'bake', '--force', '--kernel', KERNEL, timeout=180)
    contains(told.stdout, 'compiling', 'out of luck')
    headers = machine.path(f'/usr/src/linux-headers-{KERNEL}/include/generated/utsversion.h')
    was = headers.read_text()
    headers.write_text(was + '\n')
    equal(boots(), ['rebuild_failed'])
    headers.write_text(was)
    equal(bakes(machine), [])


@case('without the headers of the running kernel the check says so, and no compile is begun')  # F-62
def _(machine):
    drivers.pin(machine, 'small-driver')
    machine.out('rm -rf /run/gpuboot/tried')
    link = machine.path(f'/lib/modules/{KERNEL}/build')
    target = link.readlink()
    link.unlink()
    report = check_again(machine)
    link.symlink_to(target)
    equal(report['verdict'], 'blocked')
    [reason] = [entry for entry in report['reasons'] if entry['code'] == 'headers_missing']
    contains(reason['text'], f'linux-headers-{KERNEL}')
    assert machine.run('test', '-e', '/run/gpuboot/next/rebuild').returncode != 0, 'a rebuild was asked for'


@case('a bake that came with the image is used without a compile, and activated where it lies')  # S1-30
def _(machine):
    machine.out('gpubootctl', 'bake', '--kernel', KERNEL, timeout=180)
    [made] = bakes(machine)
    machine.out(f'mkdir -p /usr/lib/gpuboot/bakes && mv {STORE}/{made} /usr/lib/gpuboot/bakes/')
    report = check_again(machine)
    equal((report['before']['verdict'], report['before']['bake']), ('fast', made))
    contains(json.dumps(report['steps']), "image's store")
    contains(machine.out('gpubootctl', 'bake', '--kernel', KERNEL), 'nothing compiled')
    machine.out('rm -r /usr/lib/gpuboot')
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


def install_slow(machine):
    """A driver whose compile stands still at a gate, until somebody has opened that and closes it again."""
    machine.out(f'rm -f {GATE} && mkfifo -m 0666 {GATE} && rm -rf {STORE}/* /run/gpuboot/tried')
    drivers.install_small(machine, 'slow', makefile=f'GATE := $(shell cat {GATE})\n')
    drivers.pin(machine, 'slow')


@contextlib.contextmanager
def standing_compile(machine):
    """While this lasts the compile is in its middle."""
    gates = []

    def is_awaited():
        try:
            gates.append(os.open(machine.path(GATE), os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads yet
                raise
        return gates

    within(60, is_awaited, 'the compile has begun')
    try:
        yield
    finally:
        os.close(gates[0])


def compile_runs(machine):
    return machine.out('ls -ld /proc/[0-9]* 2>/dev/null | grep gpuboot-build || true') != ''


@case('killed in the middle: no bake is seen, and the next run makes one')  # F-01 F-02 F-06
def _(machine):
    install_slow(machine)
    with machine.follow('gpubootctl', 'bake', '--kernel', KERNEL, ready='', timeout=60):
        with standing_compile(machine):
            machine.out('for process in /proc/[0-9]*; do case $(readlink $process/exe) in '
                        '*/gpubootctl) kill -9 ${process#/proc/} ;; esac; done; true')
    within(10, lambda: not compile_runs(machine), 'the compile is gone with it')
    assert not [name for name in bakes(machine) if not name.startswith('.')], bakes(machine)
    equal(json.loads(machine.out('gpubootctl', 'list', '--json')), [])

    machine.out(f'rm {GATE} && echo open > {GATE}')
    # As if the cut had come during the commit, or during a removal.
    machine.out(f'mkdir -p {STORE}/.new-half/modules {STORE}/.del-half && echo x > {STORE}/.new-half/modules/nvidia.ko')
    machine.out('gpubootctl', 'bake', '--kernel', KERNEL, timeout=120)
    assert len(bakes(machine)) == 1 and not bakes(machine)[0].startswith('.'), bakes(machine)


@case('stopped during the compile, a rebuild is gone at once and leaves nothing')  # F-15 F-142
def _(machine):
    install_slow(machine)
    equal(check_again(machine)['verdict'], 'rebuild')
    machine.out('systemctl', 'start', '--no-block', 'gpuboot-rebuild.service')
    with standing_compile(machine):
        assert compile_runs(machine), 'no compile runs'
        told = test_boot.show(machine, 'gpuboot-rebuild.service', 'StatusText')
        within(5, lambda: progress.on_bus(machine) != '', 'the bus tells how far it is')
        equal((progress.on_bus(machine), progress.in_status(machine)), (told, told), 'how far it is')
        begin = time.monotonic()
        machine.out('systemctl', 'stop', 'gpuboot-rebuild.service')
        assert time.monotonic() - begin < 10, f'{time.monotonic() - begin:.0f} s'
        within(2, lambda: not compile_runs(machine), 'the compile ends with it')
    equal(test_boot.show(machine, 'gpuboot-rebuild.service', 'ActiveState'), 'inactive')
    within(5, lambda: progress.on_bus(machine) == '', 'the bus tells of no compile any more')
    equal(bakes(machine), [])


@case('powered off during the compile: down within 10 s, and the next boot begins anew')  # F-01 F-142 F-143
def _(machine):
    machine.run('systemctl', 'start', 'gpuboot-check.service')
    machine.out('systemctl', 'start', '--no-block', 'gpuboot-rebuild.service')
    with standing_compile(machine):
        begin = time.monotonic()
        machine.power_off()
        assert time.monotonic() - begin < 10, f'{time.monotonic() - begin:.0f} s'
    machine.boot()
    pretend.gpu_and_kernel(machine, KERNEL)
    equal(bakes(machine), [])
    machine.out(f'rm {GATE} && echo open > {GATE}')
    equal(check_again(machine)['verdict'], 'rebuild')
    machine.run('systemctl', 'start', 'gpuboot-rebuild.service', timeout=180)
    equal(len(bakes(machine)), 1)
    equal(machine.run('ls', '-A', '/var/lib/gpuboot/build').stdout, '', 'left of the interrupted compile')


@case('a check does not wait for a bake that is being made')  # F-94
def _(machine):
    install_slow(machine)
    with machine.follow('gpubootctl', 'bake', '--kernel', KERNEL, ready='', timeout=120) as told:
        with standing_compile(machine):
            begin = time.monotonic()
            machine.out('systemctl', 'start', 'gpuboot-check.service')
            assert time.monotonic() - begin < 10, f'{time.monotonic() - begin:.0f} s'
        list(told)
    equal(len(bakes(machine)), 1)
    machine.out(f'rm {GATE} && echo open > {GATE}')


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
