# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files in /run/gpuboot/want that no daemon of ours would write: refused, removed, logged, and nothing else."""
from check import case, contains, equal
import test_boot

WANT = '/run/gpuboot/want'
prepare = test_boot.prepare


def offer(machine, script):
    """Puts something there as `script` says, and gives what the request phase logged about it."""
    cursor = machine.cursor()
    machine.out(script)
    # The path unit starts it by itself; this waits for its end, or runs it once more.
    machine.run('systemctl', 'start', 'gpuboot-request.service')
    left = machine.out('ls', '-A', WANT)
    assert left == '', f'left in {WANT}: {left}'
    return machine.journal(cursor, MESSAGE_ID='a74cf1d429ca44a8bf2fe8bb9e948772')


def refused(machine, script):
    logged = offer(machine, script)
    assert logged, 'no "request refused" event'
    equal(machine.run('systemctl', '--failed', '--no-legend').stdout, '', 'failed units')
    equal(machine.run('systemctl', 'is-active', 'gpuboot-request.path').stdout.strip(), 'active')
    return logged


@case('a symlink')  # F-105
def _(machine):
    machine.out('echo untouched > /etc/precious')
    refused(machine, f'ln -s /etc/precious {WANT}/1.toml')
    equal(machine.out('cat', '/etc/precious'), 'untouched')


@case('garbage')
def _(machine):
    refused(machine, f'head -c 512 /dev/urandom > {WANT}/1.toml')


@case('one MiB')
def _(machine):
    refused(machine, f'head -c 1048576 /dev/zero | tr "\\0" "#" > {WANT}/1.toml')


@case('one that another user owns')
def _(machine):
    refused(machine, f'printf \'schema = 1\\nverb = "check"\\njob = 1\\n\' > {WANT}/1.toml && chown nobody {WANT}/1.toml')


@case('a FIFO, which must not block')
def _(machine):
    refused(machine, f'mkfifo {WANT}/1.toml')


@case('a folder')
def _(machine):
    refused(machine, f'mkdir {WANT}/1.toml')


@case('a verb that is none, a key that is none, a path for a verb')  # F-54
def _(machine):
    for line in ['verb = "format"', 'verb = "check"\nroot = "/mnt"', 'verb = "../../bin/sh"', 'verb = ""', 'verb = 1']:
        refused(machine, f'cat > {WANT}/1.toml <<"X"\nschema = 1\njob = 1\n{line}\nX\n')


@case('a valid one between bad ones is carried out')
def _(machine):
    valid = 'schema = 1\\nverb = "check"\\njob = 77\\n'
    refused(machine, f'ln -s /etc/precious {WANT}/.1 ; mv {WANT}/.1 {WANT}/1.toml; '
                     f'printf \'{valid}\' > {WANT}/.2 ; mv {WANT}/.2 {WANT}/77.toml; '
                     f'echo "[" > {WANT}/.3 ; mv {WANT}/.3 {WANT}/99.toml')
    contains(machine.out('cat', '/run/gpuboot/report/job-77.json'), '"done"')


@case('without capabilities the phase does all this')
def _(machine):
    equal(test_boot.show(machine, 'gpuboot-request.service', 'CapabilityBoundingSet'), '')
