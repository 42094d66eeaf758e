# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine that is ready gives its GPU away, and takes it back: all or nothing, and without a trace."""

import config
import product
import small_bakes
from guest import Scenario

POLICY = """schema = 1
[driver]
persistence = "hold"
[units]
critical = ["device-plugin.service"]
deferred = ["exporter.service"]
"""
PLUGIN = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n" \
         "ExecStop=/bin/sleep 12\n"  # longer than a check would wait for it
EXPORTER = "[Service]\nExecStart=/bin/sleep infinity\nStandardInput=file:/dev/nvidia0\n"
UNITS = ("gpu-ready.target", "device-plugin.service", "exporter.service", "gpuboot-hold.service",
         "gpuboot-watch.service")
LEFT = "ls -d /dev/nvidia* /run/cdi/gpuboot.json /run/gpuboot/active /run/gpuboot/ready 2>/dev/null; " \
       "find /dev/char -lname '*nvidia*'; awk '/^nvidia/ { print $1 }' /proc/modules"


def machine(kit):
    files = {**kit.small.machine(config.KERNEL), "/etc/gpuboot/gpuboot.toml": POLICY,
             "/usr/lib/systemd/system/device-plugin.service": PLUGIN,
             "/usr/lib/systemd/system/exporter.service": EXPORTER}
    return {"gpus": 1, "scenario": Scenario(small_bakes.only(kit.small.bake(config.KERNEL)), files)}


def check(guest, checks):  # S2-09 S2-10
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    checks.equal("it wants a driver, by default", {"driver": True, "by": "default"}, product.status(guest)[0]["wanted"])
    checks.true("all that needs the GPU runs", guest.until(f"systemctl -q is-active {' '.join(UNITS)}"), state(guest))
    check_busy(guest, checks)
    check_taken_away(guest, checks)
    check_told(guest, checks)
    check_stays_away(guest, checks)
    check_back(guest, checks)
    check_held(guest, checks)
    check_for_good(guest, checks)


def state(guest):
    return guest.run(f"systemctl is-active {' '.join(UNITS)}").out.split()


def runs(guest):
    """Each unit's run, by the id systemd gives it."""
    return guest.get(f"systemctl show -p InvocationID {' '.join(UNITS)}").split()


def check_busy(guest, checks):  # F-79
    before = runs(guest), guest.get(LEFT)
    pid = guest.get("sleep infinity </dev/nvidia0 >/dev/null 2>&1 & echo $!")
    said = guest.run("gpubootctl deactivate", 120)
    checks.equal("while somebody works with the GPU it is refused", 3, said.status)
    checks.contains("who that is, is said", f"sleep (pid {pid})", said.out)
    checks.equal("nothing was stopped or removed", before, (runs(guest), guest.get(LEFT)))
    checks.equal("the machine is ready still", "ready", product.status(guest)[0]["state"])
    checks.true("and has not opted out", guest.run("test -e /run/gpuboot/opt-out").status != 0)
    guest.get(f"kill {pid}; while kill -0 {pid} 2>/dev/null; do :; done")


def check_taken_away(guest, checks):
    said = guest.run("gpubootctl deactivate", 120)
    checks.equal("idle, it goes", 0, said.status)
    checks.equal("nothing of it is left", "", guest.get(LEFT))
    checks.true("no unit that needs it runs", guest.run(f"systemctl is-active {' '.join(UNITS)}").status != 0
                and set(state(guest)) == {"inactive"}, state(guest))
    checks.equal("no unit failed", "", guest.get("systemctl --failed --no-legend --plain"))
    status, exit_status = product.status(guest)
    checks.equal("the machine has opted out, and status says by what",
                 ("opted_out", {"driver": False, "by": "/run/gpuboot/opt-out"}, 5),
                 (status["state"], status["wanted"], exit_status))
    checks.equal("its GPU is only present", ["present"], [gpu["State"] for gpu in product.bus_gpus(guest).values()])
    checks.true("the bake lies in the store still", guest.run(f"ls {small_bakes.STORE}/*/marker.toml").status == 0)


def check_told(guest, checks):  # S2-14
    parts = ("modules", "active", "cdi", "ready")
    line = "event=teardown status={} " + " ".join(f"{part}_before=present" for part in parts) + "".join(
        f" {part}_after={{}}" for part in parts)
    checks.equal("each is one line of the journal",
                 [line.format("incomplete", *["present"] * 4), line.format("cleaned", *["absent"] * 4)],
                 guest.get("journalctl -b -o cat --no-pager MESSAGE_ID=ca3e2a17b08a4fb28f65427ff456cb01").splitlines())


def check_stays_away(guest, checks):
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/plug; udevadm settle; gpubootctl check; "
              "busctl call org.gpuboot1 /org/gpuboot1 org.gpuboot1.Manager Check 'a{sv}' 0", 120)
    checks.true("the GPU that is plugged in is seen", guest.until("busctl --list tree org.gpuboot1 | grep -q gpu/.*0011"))
    checks.true("its phase has ended", guest.until("systemctl -q is-active gpuboot-device@0011:00:00.0.service"))
    checks.equal("and brings no driver back", "", guest.get(LEFT))


def check_back(guest, checks):
    said = guest.run("gpubootctl opt-in", 180)
    checks.equal("opted in again, the machine is ready", ("ready", 0), (product.status(guest)[0]["state"], said.status))
    checks.true("and all that needs the GPU runs", guest.until(f"systemctl -q is-active {' '.join(UNITS)}"), state(guest))
    checks.equal("both GPUs are there", ["/dev/nvidia0", "/dev/nvidia1"],
                 guest.get("ls /dev/nvidia[0-9]*").split())


def check_held(guest, checks):  # P15
    """The unit that holds the GPUs takes up one that comes later, without letting go of the others."""
    holds = "ls -l /proc/$(systemctl show -P MainPID gpuboot-hold.service)/fd | grep -q nvidia"
    run = guest.properties("gpuboot-hold.service", "InvocationID")
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/unplug")
    checks.true("a GPU that goes is gone", guest.until("! test -e /dev/nvidia1"))
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/plug")
    checks.true("one that comes is held", guest.until(f"test -e /dev/nvidia1 && {holds}1"), guest.run(
        "systemctl status gpuboot-hold.service; ls -l /proc/$(systemctl show -P MainPID gpuboot-hold.service)/fd").out)
    checks.true("and so is the other", guest.run(f"{holds}0").status == 0)
    checks.equal("by the same process", run, guest.properties("gpuboot-hold.service", "InvocationID"))


def check_for_good(guest, checks):
    said = guest.run("busctl call org.gpuboot1 /org/gpuboot1 org.gpuboot1.Manager OptOut 'a{sv}' 0")
    checks.equal("the bus takes it, too", 0, said.status)
    checks.true("it goes", guest.until("test -e /etc/gpuboot/opt-out && ! grep -q ^nvidia /proc/modules", 60))
    guest.get("rm /run/gpuboot/opt-out; systemctl start gpuboot-check.service")
    checks.equal("and would in each boot that follows", {"driver": False, "by": "/etc/gpuboot/opt-out"},
                 product.status(guest)[0]["wanted"])
    checks.equal("nothing is left", "", guest.get(LEFT))
