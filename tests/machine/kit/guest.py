# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine in QEMU: emulated, so that it needs no KVM, with a root shell for the test.

The disk is a snapshot, so each boot starts from the same machine. A Scenario changes that machine before
it starts. Every wait has a deadline, and waits for the thing itself.
"""

import base64
import ctypes
import io
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import monitor

KERNEL_SECONDS = 90  # four on an idle machine
BOOT_SECONDS = 180  # twenty-five on an idle machine
COMMAND_SECONDS = 60
A100, V100 = {}, {"device": 0x1DB4, "boot0": 0x140000A1, "boot42": 0x140A1000}


class GuestError(Exception):
    """The machine died, or did not answer in time."""


class KernelHung(GuestError):
    """The kernel stood still before its first program ran, which an emulated one may do by chance; what is none
    hangs again when it is tried again."""


@dataclass
class Result:
    status: int
    out: str
    err: str


class Scenario:
    """What is different on this machine: files laid over its root, and a script run there before it starts."""

    def __init__(self, script="", files=None):
        self.script, self.files = script, dict(files or {})

    def write(self, path):
        with tarfile.open(path, "w") as archive:
            for name, content in {**self.files, "scenario": f"set -eu\n{self.script}\n"}.items():
                if isinstance(content, Path):
                    archive.add(content, name.lstrip("/"))
                else:
                    self._add_file(archive, name.lstrip("/"), content)

    @staticmethod
    def _add_file(archive, name, content):
        data = content.encode() if isinstance(content, str) else content
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(data), 0o644
        archive.addfile(entry, io.BytesIO(data))


class Guest:
    def __init__(self, image, log, gpus=1, chip=A100, scenario=None, cmdline="", disk=None):
        """log: where the console goes. gpus: how many it has when it is switched on. disk: a file whose
        content outlives a boot; /dev/vdc when there is a scenario."""
        self.image, self.log, self.scenario, self.disk = image, Path(log), scenario, disk
        chip_words = "".join(f" virtual_gpu.{name}={value:#x}" for name, value in chip.items())
        self.cmdline = ("root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off memmap=512M$0x50000000 "
                        f"virtual_gpu.gpus={gpus}{chip_words} {cmdline}").strip()
        self.requests = 0
        self.received = b""

    # Life

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="gpuboot-guest-")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._stop()
        self.scratch.cleanup()

    def ends(self, seconds=BOOT_SECONDS):
        """Whether the machine goes down by itself in time."""
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def restart(self):
        """Switched off and on again, with what the disk has kept."""
        self._stop()
        self.received = b""
        self._start()

    def _stop(self):
        if process := getattr(self, "process", None):
            process.kill()
            process.wait()
        if port := getattr(self, "port", None):
            port.close()

    def _start(self):
        self.started = time.monotonic()
        folder = Path(self.scratch.name)
        self.monitor = folder / "monitor"
        listener = socket.socket(socket.AF_UNIX)
        (folder / "agent").unlink(missing_ok=True)
        listener.bind(str(folder / "agent"))
        listener.listen()
        self.process = subprocess.Popen(
            self._command(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=_die_with_parent,
        )
        listener.settimeout(30)
        self.port, _ = listener.accept()
        listener.close()

    def _command(self, folder):
        disks = [f"file={self.image.disk},format=raw,if=virtio,snapshot=on"]
        if self.scenario:
            self.scenario.write(folder / "scenario.tar")
            disks.append(f"file={folder}/scenario.tar,format=raw,if=virtio,readonly=on")
        if self.disk:
            disks.append(f"file={self.disk},format=raw,if=virtio")
        return [
            # In a thread of its own a processor sometimes goes on with what QEMU 7.2 had translated of a
            # breakpoint that the kernel has taken away by then, and traps there for ever.
            "qemu-system-x86_64", "-accel", "tcg,thread=single", "-smp", "2", "-cpu", "Nehalem", "-m", "3072",
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-serial", f"file:{self.log}", "-device", "virtio-rng-pci",
            "-monitor", f"unix:{self.monitor},server=on,wait=off",
            "-kernel", str(self.image.kernel), "-initrd", str(self.image.initrd), "-append", self.cmdline,
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={folder}/agent",
            "-device", "virtserialport,chardev=agent,name=agent",
        ] + [word for disk in disks for word in ("-drive", disk)]

    # Talk

    def wait_for_boot(self, seconds=BOOT_SECONDS):
        """Until systemd has finished its jobs; returns its state (running, degraded, ...) and the time it took."""
        self.says_hello(seconds)
        state = self._settles(seconds)
        self.booted = time.monotonic() - self.started
        return state

    def says_hello(self, seconds=BOOT_SECONDS):
        """Until a shell answers there; systemd may have much to do still."""
        try:
            self._reaches_userspace(1, KERNEL_SECONDS)
        except KernelHung as error:
            print(f"# {self.log.stem}: {error}; switched off and on", flush=True)
            self.restart()
        if self._line(time.monotonic() + seconds) != b"hello":
            raise GuestError("the agent did not say hello")

    def reboots(self, script, seconds=BOOT_SECONDS):
        """Runs a script that ends this boot and begins another; its answer may go down with the old one.
        Returns as wait_for_boot does; raises KernelHung when the new kernel is."""
        kernels = self._kernels_up()
        self._ask(script, seconds)
        self._reaches_userspace(kernels + 1, seconds)
        deadline = time.monotonic() + seconds
        while not self._line(deadline).endswith(b"hello"):
            pass
        return self._settles(seconds)

    def restarts_userspace(self, seconds=BOOT_SECONDS):
        """As soft-reboot does: the kernel stays, and the shell that answers is another one. As wait_for_boot."""
        self._ask("systemctl --no-block soft-reboot", seconds)
        deadline = time.monotonic() + seconds
        while not self._line(deadline).endswith(b"hello"):
            pass
        # This systemd has finished to start once already, and does not wait for it again.
        self.until("[ -z \"$(systemctl list-jobs --no-legend)\" ]", seconds)
        return self._settles(seconds)

    def sleeps(self, seconds=COMMAND_SECONDS):
        """Suspends it to memory, and wakes it as a key would, until it has come back from there."""
        slept = "/sys/power/suspend_stats/success"
        self._ask(f"before=$(cat {slept}); systemctl suspend; until [ $(cat {slept}) -gt $before ]; do sleep 0.1; done",
                  seconds)
        deadline = time.monotonic() + seconds
        while not select.select([self.port], [], [], 1)[0] and time.monotonic() < deadline:
            monitor.ask(self.monitor, "system_wakeup")
        return self._answer(seconds)

    def _settles(self, seconds):
        return self.run("systemctl is-system-running --wait", seconds).out.strip()

    def _ask(self, script, seconds):
        self.requests += 1
        text = base64.b64encode(script.encode()).decode()
        self.port.sendall(f"{self.requests} {seconds} {text}\n".encode())

    def run(self, script, seconds=COMMAND_SECONDS):
        """Runs a shell script as root. Raises when the machine does not answer; a failing script is a Result."""
        self._ask(script, seconds)
        return self._answer(seconds)

    def _answer(self, seconds):
        number, status, *outputs = self._line(time.monotonic() + seconds + 30).split()
        if int(number) != self.requests:
            raise GuestError(f"answer {number} to request {self.requests}")
        out, err = (base64.b64decode(output[:-1]).decode(errors="replace") for output in outputs)
        return Result(int(status), out, err)

    def get(self, script, seconds=COMMAND_SECONDS):
        """The output of a script that must succeed, without its last newline."""
        result = self.run(script, seconds)
        if result.status != 0:
            raise GuestError(f"{script!r}: exit status {result.status}: {result.out}{result.err}")
        return result.out.rstrip("\n")

    def json(self, script, seconds=COMMAND_SECONDS):
        """What a command says as JSON, whatever its exit status."""
        result = self.run(script, seconds)
        try:
            return json.loads(result.out)
        except ValueError:
            raise GuestError(f"{script!r} printed no JSON: {result.out}{result.err}") from None

    def read(self, path):
        return self.get(f"cat {shlex.quote(path)}")

    def properties(self, unit, *names):
        """systemd's properties of a unit."""
        lines = self.get(f"systemctl show -p {','.join(names)} {shlex.quote(unit)}").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def until(self, condition, seconds=30):
        """Waits until a shell condition holds; False when it does not in time."""
        return self.run(f"until {condition}; do sleep 0.1; done", seconds).status == 0

    def failures(self):
        """What a person would look at first."""
        script = """
            systemctl --failed --no-legend --plain; systemctl list-jobs --no-legend
            journalctl -b --no-pager -o short-monotonic -u 'gpuboot*' | tail -60
            journalctl -b --no-pager -k | grep -iE 'nvrm|nvidia|virtual_gpu|segfault' | tail -20
        """
        try:
            return self.run(script).out
        except GuestError as error:
            return f"{error}\n" + "\n".join(self.console()[-40:])

    def console(self):
        """Its lines so far; QEMU makes the file a moment after it has started."""
        return [] if not self.log.exists() else self.log.read_text(errors="replace").splitlines()

    def _kernels_up(self):
        """How many have come to their first program since it was switched on."""
        return sum("Run /init as init process" in line for line in self.console())

    def _reaches_userspace(self, kernels, seconds):
        """Waits until that many kernels have come to their first program."""
        deadline = time.monotonic() + seconds
        while self._kernels_up() < kernels:
            if time.monotonic() > deadline:
                raise KernelHung(f"the kernel hung before its first program ({monitor.processors(self.monitor)})")
            if self.ends(0.5):
                return

    def _line(self, deadline):
        while b"\n" not in self.received:
            self.port.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.port.recv(1 << 16)
            except TimeoutError:
                raise GuestError("no answer in time; the console ends:\n" + "\n".join(self.console()[-15:])) from None
            if not data:
                self.process.kill()
                errors = self.process.communicate()[1].decode(errors="replace")
                raise GuestError(f"the machine is gone: {errors}\n" + "\n".join(self.console()[-15:]))
            self.received += data
        line, self.received = self.received.split(b"\n", 1)
        return line


def _die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() == 1:
        os._exit(1)
