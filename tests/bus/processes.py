# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two programs of the bus tier: a private dbus-daemon, and the real gpubootd."""

import ctypes
import os
import pwd
import select
import signal
import socket
import subprocess

# umockdev's preload comes before a sanitizer's run time. What is freed is given back, so that the memory
# of a daemon under it can be measured, too.
ASAN = "verify_asan_link_order=0:detect_leaks=0:quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
DEADLINE = 15.0  # seconds; only a failing case ever waits for it

# Users of every Debian system; dbus-daemon turns away a number that has no name.
DAEMON_USER = pwd.getpwnam("daemon").pw_uid

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


def end_with_parent():
    """In a child: killed when the case ends in whatever way (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Bus:
    """A dbus-daemon that lets everybody talk: what is refused, gpubootd refuses."""

    def __init__(self, directory):
        self.socket = os.path.join(directory, "bus")
        self.address = f"unix:path={self.socket}"
        self.config = os.path.join(directory, "bus.conf")
        with open(self.config, "w") as file:
            file.write(BUS_CONFIG.format(socket=self.socket))
        self.process = None

    def start(self):
        environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.config}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, env=environment, preexec_fn=end_with_parent,
            umask=0,  # everybody may connect from the first moment, as to systemd's dbus.socket
        )  # fmt: skip
        if not self.process.stdout.readline():  # the address comes once it listens
            raise AssertionError("dbus-daemon did not start")

    def stop(self):
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None
        if os.path.exists(self.socket):
            os.unlink(self.socket)


class Daemon:
    def __init__(self, directory, root, bus, devices):
        self.directory, self.root, self.bus, self.devices = directory, root, bus, devices
        self.log_path = os.path.join(directory, "daemon.log")
        self.process = None

    def start(self, *options, until=b"READY=1", **environment):
        """Returns once it has told systemd that it is ready (or what else is waited for)."""
        notify_path = os.path.join(self.directory, "notify")
        if os.path.exists(notify_path):
            os.unlink(notify_path)
        environment = {
            **os.environ,
            "DBUS_SYSTEM_BUS_ADDRESS": self.bus.address,
            "NOTIFY_SOCKET": notify_path,
            "UMOCKDEV_DIR": self.devices,
            "SYSTEMD_DEVICE_VERIFY_SYSFS": "0",  # systemd >= 251 would refuse a mock /sys
            "ASAN_OPTIONS": ASAN,
            **environment,
        }
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(notify_path)
            os.chmod(notify_path, 0o666)
            with open(self.log_path, "a") as log:
                self.process = subprocess.Popen(
                    [os.environ["GPUBOOTD"], "--root", self.root, *options],
                    env=environment, stderr=log, user=DAEMON_USER, group=DAEMON_USER,
                    extra_groups=[],
                    preexec_fn=end_with_parent,
                )  # fmt: skip
            end = os.pidfd_open(self.process.pid)
            try:
                while True:
                    happened, _, _ = select.select([notify, end], [], [], DEADLINE)
                    if notify not in happened:
                        raise AssertionError("gpubootd did not get ready:\n" + self.log())
                    if until in notify.recv(4096):
                        return
            finally:
                os.close(end)

    def resources(self):
        """Open file descriptors, and what it holds of memory that is its own alone, in KiB."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            private = [int(line.split()[1]) for line in file if line.startswith("Private_Dirty:")]
        return {"fds": len(os.listdir(f"/proc/{self.process.pid}/fd")), "kib": sum(private)}

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path) as file:
            return file.read()

    def stop(self, how=signal.SIGTERM):
        """Its exit status; -9 when it was killed."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        return self.wait()

    def wait(self):
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("gpubootd did not end:\n" + self.log()) from None
        self.process = None
        return status
