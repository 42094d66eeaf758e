# SPDX-License-Identifier: LGPL-2.1-or-later
"""A caller on the bus that remembers all it hears."""

from gi.repository import Gio, GLib

from processes import DEADLINE

NAME = "org.gpuboot1"
MANAGER = "/org/gpuboot1"
MANAGER_INTERFACE = "org.gpuboot1.Manager"
GPU_INTERFACE = "org.gpuboot1.Gpu"
JOB_INTERFACE = "org.gpuboot1.Job"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"


def gpu_path(address):
    """As sd_bus_path_encode(3) writes it."""
    encoded = "".join(
        c if c.isalpha() or (c.isdigit() and i > 0) else f"_{ord(c):02x}"
        for i, c in enumerate(address)
    )
    return f"{MANAGER}/gpu/{encoded}"


def job_path(number):
    return f"{MANAGER}/job/{number}"


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

    def forget(self):
        self.signals.clear()

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
