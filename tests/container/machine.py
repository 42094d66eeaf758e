# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Debian tree, as a place to run commands in and as a machine to boot with systemd-nspawn."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

NSPAWN = ['systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--resolv-conf=copy-host']
ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8',
               'DEBIAN_FRONTEND': 'noninteractive', 'SYSTEMD_PAGER': '', 'HOME': '/root'}


class Machine:
    """Either off (chroot-like runs) or booted; `run` works in both."""

    def __init__(self, base, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f'gpuboot-{name}-', dir='/var/tmp'))
        self.root = self.folder / 'root'
        subprocess.run(['cp', '-a', '--reflink=auto', str(base), str(self.root)], check=True)
        (self.root / 'etc/machine-id').write_text('')
        self.nspawn = None
        self.leader = None
        # A control group of its own: without one, two containers at a time would share their units' groups.
        mounted = next(line.split()[4] for line in open('/proc/self/mountinfo') if ' - cgroup2 ' in line)
        own = next(line[3:].strip() for line in open('/proc/self/cgroup') if line.startswith('0::'))
        self.group = pathlib.Path(mounted + own) / self.folder.name

    def path(self, inside):
        return self.root / str(inside).lstrip('/')

    def run(self, *command, timeout=60, user=None, check=False, text_in=None):
        """Runs argv, or one string as a shell script; gives the CompletedProcess, stdout and stderr joined."""
        argv = ['/bin/sh', '-ec', command[0]] if len(command) == 1 else list(command)
        if user:
            argv = ['setpriv', f'--reuid={user}', '--regid=nogroup', '--clear-groups', *argv]
        if self.leader:
            entered = ['nsenter', f'--target={self.leader}', '--all', '--wdns=/', '--', *argv]
        else:
            # The whole machine's time is the caller's: no pseudo terminal, no service manager.
            entered = [*NSPAWN, '--pipe', f'--directory={self.root}', *argv]
            entered[1:1] = [f'--setenv={key}={value}' for key, value in ENVIRONMENT.items()]
        done = subprocess.run(entered, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace', env=ENVIRONMENT, timeout=timeout,
                              **({'input': text_in} if text_in is not None else {'stdin': subprocess.DEVNULL}))
        if check and done.returncode != 0:
            raise AssertionError(f'{" ".join(map(str, command))}: {done.returncode}: {done.stdout[-2000:]}')
        return done

    def out(self, *command, **how):
        return self.run(*command, check=True, **how).stdout.strip()

    def cursor(self):
        """Where the journal ends now."""
        return self.out('journalctl -n 1 -o export --output-fields=_ | sed -n s/^__CURSOR=//p')

    def journal(self, cursor, **fields):
        """The messages since then that have these fields; all that was sent before this call is there."""
        self.out('journalctl', '--sync')
        # Not journalctl's own filter: with --after-cursor it loses the first entry that matches.
        entries = map(json.loads, self.out('journalctl', '-o', 'json', '--no-pager', f'--after-cursor={cursor}')
                      .splitlines())
        return '\n'.join(str(entry['MESSAGE']) for entry in entries if fields.items() <= entry.items())

    @contextlib.contextmanager
    def follow(self, *command, ready, timeout=60):
        """Runs a command that goes on printing; from the line with `ready` on gives its lines as they come."""
        process = subprocess.Popen(
            ['nsenter', f'--target={self.leader}', '--all', '--wdns=/', '--', *command], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # Ends the lines when the deadline comes, and with them whoever waits for the next one.
        end = threading.Timer(timeout, process.kill)
        end.start()
        try:
            lines = (line.decode(errors='replace').rstrip() for line in process.stdout)
            assert any(ready in line for line in lines), f'{command[0]} was not ready within {timeout} s'
            yield lines
        finally:
            end.cancel()
            process.kill()
            process.wait()
            process.stdout.close()

    def boot(self, timeout=60):
        """Returns when the service manager inside says that the boot is over."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            self.group.mkdir()
            address = str(self.folder / 'notify')
            notify.bind(address)
            notify.settimeout(timeout)
            self.log = open(self.folder / 'console', 'ab')
            self.nspawn = subprocess.Popen(
                ['setpriv', '--pdeathsig=KILL', *NSPAWN, '--boot', '--notify-ready=yes', '--console=pipe', f'--directory={self.root}'],
                stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                preexec_fn=lambda: (self.group / 'cgroup.procs').write_text('0'),
                env={**os.environ, 'NOTIFY_SOCKET': address, 'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1'})
            while True:
                fields = dict(line.split('=', 1) for line in notify.recv(4096).decode().split('\n') if '=' in line)
                if 'X_NSPAWN_LEADER_PID' in fields:
                    self.leader = fields['X_NSPAWN_LEADER_PID']
                if 'READY' in fields:
                    break
            pathlib.Path(address).unlink()

    def power_off(self, timeout=60):
        if self.nspawn:
            try:
                self.run('systemctl', '--no-block', 'poweroff')
                self.nspawn.wait(timeout)
            finally:
                self.leader = None
                if self.nspawn.poll() is None:
                    self.nspawn.send_signal(signal.SIGKILL)
                    self.nspawn.wait()
                self.nspawn = None
                self.log.close()
                for folder, _, _ in os.walk(self.group, topdown=False):
                    os.rmdir(folder)

    def destroy(self):
        try:
            self.power_off()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
