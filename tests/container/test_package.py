# SPDX-License-Identifier: LGPL-2.1-or-later
"""The package on a machine that runs: install, upgrade, remove, purge."""
import hashlib
import os
import shutil
import stat

from check import case, contains, equal

# Written by Debian's own tools at any time; none of it is ours.
FOREIGN = ('dev/', 'proc/', 'run/', 'sys/', 'tmp/', 'var/tmp/', 'var/log/', 'var/cache/', 'var/lib/apt/',
           'var/lib/dpkg/', 'var/lib/systemd/timers', 'var/lib/systemd/catalog', 'var/lib/systemd/random-seed',
           'var/lib/systemd/linger', 'etc/passwd', 'etc/group', 'etc/shadow', 'etc/gshadow', 'etc/.pwd.lock',
           'etc/machine-id', 'root/', 'packages/')
before = {}


def snapshot(machine):
    """Every path that is not foreign: its mode, and where a link points."""
    found = {}
    for folder, folders, files in os.walk(machine.root):
        for name in folders + files:
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, machine.root)
            if inside.startswith(FOREIGN):
                continue
            status = os.lstat(path)
            found[inside] = os.readlink(path) if stat.S_ISLNK(status.st_mode) else oct(status.st_mode)
    return found


def prepare(machine, deb):
    machine.path('/packages').mkdir()
    shutil.copy(deb, machine.path('/packages/gpuboot.deb'))
    machine.boot()
    # The same package, one version on.
    machine.out('cd /packages && dpkg-deb -R gpuboot.deb next && sed -i "s/^Version: .*/&+next/" next/DEBIAN/control'
                ' && dpkg-deb --root-owner-group -b next next.deb && rm -r next')
    before.update(snapshot(machine))


def apt(machine, *words):
    return machine.out('apt-get', '-q', '-y', *words, timeout=120)


@case('installs on a running machine and starts no phase')  # S1-04
def _(machine):
    said = apt(machine, 'install', '/packages/gpuboot.deb')
    contains(said, 'Setting up gpuboot')
    for unit in ['check', 'rebuild', 'recheck', 'init', 'request']:
        shown = machine.out('systemctl', 'show', f'gpuboot-{unit}.service', '-P', 'ExecMainStartTimestampMonotonic')
        equal(shown, '0', f'start of gpuboot-{unit}')
    equal(machine.out('systemctl', 'show', 'gpu-ready.target', '-P', 'ActiveState'), 'inactive')
    equal(machine.run('systemctl', '--failed', '--no-legend').stdout, '', 'failed units')


@case('enables its units')
def _(machine):
    for unit in ['gpu-ready.target', 'gpubootd.service', 'gpuboot-request.path']:
        equal(machine.run('systemctl', 'is-enabled', unit).stdout.strip(), 'enabled', unit)
    equal(machine.run('systemctl', 'is-active', 'gpuboot-request.path').stdout.strip(), 'active')


@case('makes its users and folders, with nothing that others may write')
def _(machine):
    for user in ['gpuboot', 'gpuboot-build']:
        contains(machine.out('getent', 'passwd', user), '/usr/sbin/nologin')
    shown = machine.out('stat', '-c', '%n %A %U:%G', '/var/lib/gpuboot', '/var/lib/gpuboot/bakes', '/run/gpuboot',
                        '/run/gpuboot/want', '/etc/gpuboot', '/etc/gpuboot/gpuboot.toml').splitlines()
    equal(shown, ['/var/lib/gpuboot drwxr-xr-x root:root', '/var/lib/gpuboot/bakes drwxr-xr-x root:root',
                  '/run/gpuboot drwxr-xr-x root:root', '/run/gpuboot/want drwxrwx--- root:gpuboot',
                  '/etc/gpuboot drwxr-xr-x root:root', '/etc/gpuboot/gpuboot.toml -rw-r--r-- root:root'])
    equal(machine.out('dpkg -L gpuboot | xargs -d "\\n" stat -c "%A %n" | grep -E "^[^l]......(s|S|.w|..[st])" || true'),
          '', 'setuid, or writable by others')


@case('puts nothing of NVIDIA on a search path')  # S2-08
def _(machine):
    found = [path for path in snapshot(machine).keys() - before.keys()
             if 'nvidia' in path or path.startswith(('lib/modules', 'etc/ld.so', 'etc/modprobe', 'lib/firmware'))]
    equal(found, ['etc/ld.so.conf.d/gpuboot.conf'])
    # One line for the loader, and it leads to what is active: nothing is.
    equal(machine.out('grep -v "^#" /etc/ld.so.conf.d/gpuboot.conf').split(), ['/run/gpuboot/active/lib'])
    equal(machine.run('test', '-e', '/run/gpuboot/active').returncode, 1)
    equal(machine.out('ldconfig -p | grep -i "gpuboot\\|nvidia\\|libcuda" || true'), '')


@case('has a catalog entry for each of its events')
def _(machine):
    listed = machine.out('journalctl --no-pager --list-catalog | grep -i "gpu\\|bake\\|driver module\\|input file"')
    assert len(listed.splitlines()) >= 8, listed


@case('has a man page for each program and file, and for each command of gpubootctl a paragraph')
def _(machine):
    pages = machine.out('dpkg -L gpuboot | grep "/man/man.*gz" | xargs -n1 basename').split()
    equal(sorted(pages), ['gpuboot-reasons.7.gz', 'gpuboot-versions.toml.5.gz', 'gpuboot.toml.5.gz', 'gpubootctl.1.gz', 'gpubootd.8.gz'])
    page = machine.out('zcat /usr/share/man/man1/gpubootctl.1.gz').replace('\\-', '-')
    commands = machine.out(r'gpubootctl --help | sed -n "/^Subcommands/,/^$/s/^  \([a-z]*\) .*/\1/p"').split()
    assert len(commands) >= 8, commands
    contains(page, *[f'\\fB{command}\\fR' for command in commands])


@case('an upgrade keeps the bakes, the configuration, and a stopped daemon stopped')
def _(machine):
    machine.out('mkdir /var/lib/gpuboot/bakes/mine && echo "# mine" >> /etc/gpuboot/gpuboot.toml')
    was = machine.run('systemctl', 'is-active', 'gpubootd.service').stdout
    apt(machine, 'install', '/packages/next.deb')
    contains(machine.out('dpkg-query', '-W', 'gpuboot'), '+next')
    assert machine.path('/var/lib/gpuboot/bakes/mine').is_dir(), 'the bake is gone'
    contains(machine.path('/etc/gpuboot/gpuboot.toml').read_text(), '# mine')
    equal(machine.run('systemctl', 'is-active', 'gpubootd.service').stdout, was)


@case('an upgrade restarts a daemon that runs')
def _(machine):
    machine.out('systemctl', 'start', 'gpubootd.service')
    old = machine.out('systemctl', 'show', 'gpubootd.service', '-P', 'MainPID')
    apt(machine, 'install', '--allow-downgrades', '/packages/gpuboot.deb')
    equal(machine.run('systemctl', 'is-active', 'gpubootd.service').stdout.strip(), 'active')
    assert machine.out('systemctl', 'show', 'gpubootd.service', '-P', 'MainPID') != old, 'still the old process'


@case('a removal ends what runs and keeps the bakes')  # F-16
def _(machine):
    apt(machine, 'remove', 'gpuboot')
    equal(machine.out('ls -l /proc/[0-9]*/exe 2>/dev/null | grep gpuboot || true'), '', 'processes')
    assert machine.path('/var/lib/gpuboot/bakes/mine').is_dir(), 'the bake is gone'
    equal(machine.run('ls', '/run/gpuboot').returncode, 2, 'ls /run/gpuboot')
    equal(machine.run('systemctl', '--failed', '--no-legend').stdout, '', 'failed units')


@case('a purge leaves nothing')  # S1-27
def _(machine):
    apt(machine, 'install', '/packages/gpuboot.deb')
    machine.out('touch /etc/gpuboot/opt-out && cp /usr/share/gpuboot/versions.toml /etc/gpuboot/')
    settings = b'a = 1\n'
    ours = b'# Written by gpuboot. SHA-256 of what follows: ' + hashlib.sha256(settings).hexdigest().encode() + b'\n'
    drop_in, edited = machine.path('/etc/containerd/conf.d/gpuboot.toml'), machine.path('/etc/crio/crio.conf.d/99-gpuboot.conf')
    for path, text in [(drop_in, ours + settings), (edited, ours + settings + b'b = 2\n')]:
        path.parent.mkdir(parents=True)
        path.write_bytes(text)
    apt(machine, 'purge', 'gpuboot')
    equal((drop_in.exists(), edited.exists()), (False, True), 'what is ours, what somebody changed')
    for path in [drop_in, edited]:
        shutil.rmtree(path.parents[1])
    after = snapshot(machine)
    changed = {path for path in after.keys() | before.keys() if after.get(path) != before.get(path)}
    equal(sorted(changed), [])
    equal(machine.run('ls', '/run/gpuboot').returncode, 2, 'ls /run/gpuboot')
    equal(machine.out('systemctl list-unit-files --no-legend | grep gpu || true'), '')
