# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every case of the bus tier stands on: a private bus, PCI devices made by umockdev, a
directory taken as "/", and the real gpubootd between them, running as a user of its own.

Nothing here sleeps: a case waits for a signal, a property or an exit, each with a deadline."""

import json
import os
import pwd
import shutil
import signal
import tempfile
import unittest

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import Gio, GLib, UMockdev  # noqa: E402

from client import (  # noqa: E402, F401 - what cases use of it
    ACCESS_DENIED, GPU_INTERFACE, JOB_INTERFACE, MANAGER, MANAGER_INTERFACE, NAME, Client,
    gpu_path, job_path,
)  # fmt: skip
from processes import DAEMON_USER, Bus, Daemon  # noqa: E402

STRANGER = pwd.getpwnam("nobody").pw_uid


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
            "boot_id": "b", "at": 1000, "began": 1, "usec": 5, "kernel": "6.1.0-50-cloud-amd64",
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

    def note_gpu(self, address, phase="init", began=1):
        """As a phase does before it works on a GPU: only its own report counts from then on."""
        self.put(f"run/gpuboot/gpu/{address}.toml", f'phase = "{phase}"\nbegan = {began}\n')

    def load_driver(self, live=True):
        """As the kernel shows it; the event alone is umockdev's."""
        os.makedirs(self.path("proc"), exist_ok=True)
        line = "nvidia 1 0 - Live 0x0000000000000000 (OE)\n"
        self.put("proc/modules", line if live else "")

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
