# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every case of the bus tier stands on: a private bus, PCI devices made by umockdev, a
directory taken as "/", and the real gpubootd between them, running as a user of its own.

Nothing here sleeps: a case waits for a signal, a property or an exit, each with a deadline."""

import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import Gio, GLib, UMockdev  # noqa: E402

NAME = "org.gpuboot1"
MANAGER = "/org/gpuboot1"
MANAGER_INTERFACE = "org.gpuboot1.Manager"
GPU_INTERFACE = "org.gpuboot1.Gpu"
JOB_INTERFACE = "org.gpuboot1.Job"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"

# Users of every Debian system; dbus-daemon turns away a number that has no name.
DAEMON_USER = pwd.getpwnam("daemon").pw_uid
STRANGER = pwd.getpwnam("nobody").pw_uid
DEADLINE = 15.0  # seconds; only a failing case ever waits for it

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


def gpu_path(address):
    """As sd_bus_path_encode(3) writes it."""
    encoded = "".join(
        c if c.isalpha() or (c.isdigit() and i > 0) else f"_{ord(c):02x}"
        for i, c in enumerate(address)
    )
    return f"{MANAGER}/gpu/{encoded}"


def job_path(number):
    return f"{MANAGER}/job/{number}"


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


class Client:
    """A caller on the bus that remembers every signal of the daemon, in order."""

    def __init__(self, address):
        flags = (
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        )
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self.connection.set_exit_on_close(False)
        self.signals = []
        self.connection.signal_subscribe(
            None, None, None, None, None, Gio.DBusSignalFlags.NONE, self._on_signal
        )

    def _on_signal(self, _connection, _sender, path, interface, member, arguments):
        self.signals.append((path, f"{interface}.{member}", arguments.unpack()))

    def wait(self, condition, what, deadline=DEADLINE):
        """Until the condition holds; it is looked at again after each thing that happens."""
        context = GLib.MainContext.default()
        over = []
        timer = GLib.timeout_add(int(deadline * 1000), lambda: over.append(True) or True)
        try:
            while True:
                result = condition()
                if result:
                    return result
                if over:
                    heard = "\n  ".join(map(str, self.signals[-20:])) or "nothing"
                    raise AssertionError(f"not within {deadline} s: {what}\nheard:\n  {heard}")
                context.iteration(True)
        finally:
            GLib.source_remove(timer)

    def call(self, path, interface, method, arguments=None, destination=NAME):
        answer = self.connection.call_sync(
            destination, path, interface, method, arguments, None,
            Gio.DBusCallFlags.NO_AUTO_START, int(DEADLINE * 1000), None,
        )  # fmt: skip
        return answer.unpack()

    def ask(self, method, **options):
        """What a method of the Manager answers: the path of a job, or a text."""
        return self.call(
            MANAGER, MANAGER_INTERFACE, method, GLib.Variant("(a{sv})", (options,))
        )[0]

    def get_all(self, path, interface):
        arguments = GLib.Variant("(s)", (interface,))
        return self.call(path, "org.freedesktop.DBus.Properties", "GetAll", arguments)[0]

    def get(self, path, interface, name):
        arguments = GLib.Variant("(ss)", (interface, name))
        return self.call(path, "org.freedesktop.DBus.Properties", "Get", arguments)[0]

    def objects(self):
        return self.call(
            MANAGER, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"
        )[0]

    def owner(self):
        arguments = GLib.Variant("(s)", (NAME,))
        driver = "org.freedesktop.DBus"
        try:
            return self.call(
                "/org/freedesktop/DBus", driver, "GetNameOwner", arguments, driver
            )[0]
        except GLib.Error:
            return ""

    def changes(self, path):
        """The dictionaries of every PropertiesChanged that was heard of an object."""
        return [
            arguments[1]
            for at, member, arguments in self.signals
            if at == path and member == "org.freedesktop.DBus.Properties.PropertiesChanged"
        ]

    def heard(self, member):
        """The arguments of every signal of that name ("JobNew")."""
        return [args for _, name, args in self.signals if name.endswith("." + member)]


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
            # umockdev's preload comes before a sanitizer's run time.
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
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


class Case(unittest.TestCase):
    """One machine: self.root, self.testbed, self.bus, self.daemon, and self.client as root."""

    def setUp(self):
        if os.geteuid() != 0:
            self.fail("the bus tier needs root: daemon, root and a stranger are three users")
        self.directory = tempfile.mkdtemp(prefix="gpuboot-bus-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        os.chmod(self.directory, 0o755)
        self.root = os.path.join(self.directory, "root")
        os.mkdir(self.root, 0o755)
        self.testbed = UMockdev.Testbed.new()
        # The daemon's monitor makes its socket in there, as a user that is not ours.
        os.chmod(self.testbed.get_root_dir(), 0o777)
        self.bus = Bus(self.directory)
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(
            self.directory, self.root, self.bus, self.testbed.get_root_dir()
        )
        self.addCleanup(self._stop_daemon)
        self.client = None

    def _stop_daemon(self):
        status = self.daemon.stop() if self.daemon.process is not None else 0
        log = self.daemon.log()
        if log:
            print("gpubootd said:\n" + log)
        self.assertEqual(status, 0, "gpubootd ends cleanly on SIGTERM")

    # The machine

    def make_run_directories(self):
        for name in ("report", "gpu", "want"):
            os.makedirs(self.path("run/gpuboot", name), 0o755, exist_ok=True)
        os.chown(self.path("run/gpuboot/want"), DAEMON_USER, DAEMON_USER)
        os.chmod(self.path("run/gpuboot/want"), 0o750)

    def start(self, *options, **environment):
        """All of it, until the daemon has its name."""
        self.make_run_directories()
        self.bus.start()
        self.client = Client(self.bus.address)
        self.daemon.start(*options, **environment)
        self.wait_for_name()

    def wait_for_name(self):
        self.client.wait(self.client.owner, "org.gpuboot1 is owned")
        self.shown = self.client.get_all(MANAGER, MANAGER_INTERFACE)
        self.seen = len(self.client.changes(MANAGER))

    def restart_daemon(self):
        self.assertEqual(self.daemon.stop(signal.SIGKILL), -signal.SIGKILL)
        self.client.wait(lambda: not self.client.owner(), "the name is free again")
        self.daemon.start()
        self.wait_for_name()

    def path(self, *names):
        return os.path.join(self.root, *names)

    def put(self, name, text):
        """As the phases write: whole, by a rename."""
        path = self.path(name)
        with open(path + "~", "w") as file:
            file.write(text)
        os.rename(path + "~", path)

    def add_pci(self, address, device="0x20b0", vendor="0x10de", pci_class="0x030200"):
        attributes = ["vendor", vendor, "device", device, "class", pci_class]
        return self.testbed.add_device("pci", address, None, attributes, [])

    def remove_pci(self, syspath):
        self.testbed.uevent(syspath, "remove")
        self.testbed.remove_device(syspath)

    def bind(self, syspath, driver):
        self.testbed.set_attribute_link(syspath, "driver", f"../../bus/pci/drivers/{driver}")
        self.testbed.uevent(syspath, "bind")

    def unbind(self, syspath):
        os.unlink(self.testbed.get_root_dir() + syspath + "/driver")
        self.testbed.uevent(syspath, "unbind")

    # The phases, played by the case

    def report(self, name="last", **fields):
        record = {
            "phase": name if name != "last" else "check",
            "boot_id": "b", "at": 1000, "usec": 5, "kernel": "6.1.0-50-cloud-amd64",
            "arch": "x86_64", "verdict": "blocked", "bake": "", "reasons": [],
            "before": {"verdict": "blocked", "bake": "", "reasons": []},
            "steps": [], "gpus": [], "ready": False, "remedy": [],
        }  # fmt: skip
        record.update(fields)
        self.put(f"run/gpuboot/report/{name}.json", json.dumps(record))
        return record

    def gpu_record(self, address, minor=0, ready=True):
        return {
            "address": address, "pci_id": "10de:20b0", "driver": "nvidia", "minor": minor,
            "node": f"/dev/nvidia{minor}", "ready": ready,
        }  # fmt: skip

    def note_node(self, address, minor=0):
        note = f'node = "/dev/nvidia{minor}"\nmajor = 195\nminor = {minor}\n'
        self.put(f"run/gpuboot/gpu/{address}.toml", note)

    def requests(self):
        return sorted(os.listdir(self.path("run/gpuboot/want")))

    def job_record(self, number, state, verb="check", error="", verdict=""):
        """What the request phase does: takes the request away and writes what becomes of it."""
        record = {"job": number, "verb": verb, "state": state, "verdict": verdict, "error": error}
        self.put(f"run/gpuboot/report/job-{number}.json", json.dumps(record))
        request = self.path(f"run/gpuboot/want/{number}.toml")
        if os.path.exists(request):
            os.unlink(request)

    # What is said

    def manager(self, name):
        return self.client.get(MANAGER, MANAGER_INTERFACE, name)

    def wait_manager(self, **wanted):
        """Until all of these hold for who asked once and has listened since."""

        def arrived():
            changes = self.client.changes(MANAGER)
            for change in changes[self.seen :]:
                self.shown.update(change)
            self.seen = len(changes)
            return all(self.shown[name] == value for name, value in wanted.items())

        self.client.wait(arrived, f"Manager shows {wanted}")

    def refused(self, name, ask, *arguments, **options):
        """The message of an error that must come, under that very name."""
        with self.assertRaises(GLib.Error) as caught:
            ask(*arguments, **options)
        self.assertEqual(Gio.DBusError.get_remote_error(caught.exception), name)
        Gio.DBusError.strip_remote_error(caught.exception)
        return caught.exception.message

    def client_of(self, user):
        """A caller who is that user to the kernel, and so to the bus."""
        os.seteuid(user)
        try:
            return Client(self.bus.address)
        finally:
            os.seteuid(0)
