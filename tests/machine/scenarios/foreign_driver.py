# SPDX-License-Identifier: LGPL-2.1-or-later
"""Another installation loads NVIDIA's driver before gpuboot does: told, and replaced only when nobody uses it.

First the pinned driver itself, from a copy in updates/dkms. Then another version is pinned (the stand-in's),
so that NVIDIA's is in its way: held open by a process, by a known daemon, and by nobody. At last another kind.
"""

import config
import product
import small_bakes
from guest import Scenario

FOREIGN = f"/lib/modules/{config.KERNEL}/updates/dkms"
MARKER = f"kernel=\ndriver_version={config.pin()['driver']['version']}\ndriver_kind=cuda\narch=x86_64\n"
DAEMON = "nvidia-persistenced.service"
# A daemon of that name, which keeps a device open and does nothing else.
UNIT = "[Service]\nExecStart=/bin/sh -c 'exec sleep infinity <>/dev/nvidiactl'\n"
CHECK = "systemctl start gpuboot-check.service gpuboot-init.service"


def machine(kit):
    files = kit.small.machine(config.KERNEL)
    small_pin = files.pop(small_bakes.PIN)
    script = f"""
        mkdir -p {FOREIGN}
        cp {small_bakes.STORE}/{config.pin()['driver']['version']}-open-{config.KERNEL}-*/modules/*.ko {FOREIGN}
        depmod {config.KERNEL}
        touch /etc/gpuboot/opt-out
    """
    grid, grid_pin = kit.small.grid()
    files |= {"/root/small-pin.toml": small_pin, "/root/grid-pin.toml": grid_pin, f"{small_bakes.STORE}/{grid.name}": grid, f"/etc/systemd/system/{DAEMON}": UNIT,
              "/opt/azure/aks-gpu/dkms-marker": MARKER}
    return {"gpus": 1, "scenario": Scenario(script, files)}


def check(guest, checks):
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    files = guest.get(f"sha256sum {FOREIGN}/*")
    guest.get("modprobe -a nvidia nvidia-uvm nvidia-modeset; rm /etc/gpuboot/opt-out")
    check_same_driver(guest, checks)
    guest.get(f"cp /root/small-pin.toml {small_bakes.PIN}; systemctl start {DAEMON}")
    check_in_use(guest, checks)
    check_replaced(guest, checks)
    check_other_kind(guest, checks)
    checks.equal("the foreign files are as they were", files, guest.get(f"sha256sum {FOREIGN}/*"))
    checks.equal("no unit failed", "", guest.get("systemctl --failed --no-legend --plain"))


def check_same_driver(guest, checks):  # F-82 S1-19 F-48
    before = product.live_modules(guest)
    guest.get(CHECK)
    status, exit_status = product.status(guest)
    checks.equal("the pinned driver from elsewhere is ready", ("ready", "ready", 0),
                 (status["state"], status["verdict"], exit_status))
    reason = product.reason(status["reasons"], "foreign_driver")
    checks.equal("where it may come from is told", FOREIGN, reason["subject"])
    checks.contains("with its version", config.pin()["driver"]["version"], reason["found"])
    reason = product.reason(status["reasons"], "foreign_malformed")
    checks.contains("an older tool's marker with a blank field is named", "line 1: kernel is blank", reason["text"])
    checks.equal("nothing was loaded or unloaded", before, product.live_modules(guest))
    checks.true("nothing was activated", guest.run("test -e /run/gpuboot/active").status != 0)  # V5
    checks.true("and init has made its nodes", guest.run("test -c /dev/nvidiactl -a -f /run/gpuboot/ready").status == 0)


def check_in_use(guest, checks):  # F-78
    before = product.live_modules(guest)
    pid = guest.get("setsid sh -c 'exec tail -f /dev/null <>/dev/nvidiactl' >/dev/null 2>&1 & echo $!")
    checks.true("a process holds the driver", guest.until(f"ls -l /proc/{pid}/fd | grep -q nvidiactl"))
    guest.get("systemctl start gpuboot-check.service")
    status, exit_status = product.status(guest)
    checks.equal("another version in use blocks", ("blocked", 3), (status["verdict"], exit_status))
    checks.contains("what is wanted is told", "1.0.0", product.reason(status["reasons"], "other_driver_loaded")["wanted"])
    users = [reason for reason in status["reasons"] if reason["code"] == "driver_in_use"]
    checks.equal("its one user is named, and no daemon", [("nvidia", f"tail (pid {pid}) of test-agent.service")],
                 [(reason["subject"], reason["found"]) for reason in users])
    checks.contains("a reboot is what it takes", "reboot needed", users[0]["text"] if users else "")
    checks.equal("nothing was unloaded", before, product.live_modules(guest))
    checks.equal("not even the daemon was stopped", "active", guest.properties(DAEMON, "ActiveState")["ActiveState"])
    checks.contains("the journal has the event", "reboot is needed",
                    guest.get("journalctl -x --no-pager MESSAGE_ID=114146bd1d1042d0b6559930fc914847"))
    guest.get(f"kill {pid}")
    checks.true("the process ends", guest.until(f"! test -e /proc/{pid}"))


def check_replaced(guest, checks):  # F-79 F-82 S1-22 S1-25
    daemon = guest.properties(DAEMON, "MainPID")["MainPID"]
    guest.get(CHECK, 120)
    steps = [step["text"] for step in (product.report(guest, "check") or {}).get("steps", [])]
    changes = [step for step in steps if not step.startswith("note ")]  # what a later boot must know comes before
    checks.equal("the daemon is stopped first", f"stop unit {DAEMON}", changes[0] if changes else "")
    unloads = [step for step in steps if step.startswith("unload module")]
    checks.equal("nvidia goes last", "unload module nvidia", unloads[-1] if unloads else "")
    status, exit_status = product.status(guest)
    checks.equal("the pinned version is ready", ("ready", "ready", 0),
                 (status["state"], status["verdict"], exit_status))
    checks.equal("and it is what runs", config.SMALL_DRIVER[1], product.loaded_version(guest))
    live = product.live_modules(guest)
    for module in ("nvidia", "nvidia_uvm", "nvidia_modeset"):
        checks.contains(f"{module} is live", f"{module} live", live)
    checks.true("the daemon runs again", guest.until(f"systemctl -q is-active {DAEMON}"))
    checks.true("as a new process", guest.properties(DAEMON, "MainPID")["MainPID"] != daemon)


def check_other_kind(guest, checks):  # S2-25
    """Same sources, another kind: never side by side."""
    guest.get(f"cp /root/grid-pin.toml {small_bakes.PIN}; {CHECK}", 120)
    steps = [step["text"] for step in (product.report(guest, "check") or {}).get("steps", [])]
    order = [step for step in steps if step.startswith(("unload module nvidia", "activate", "load module nvidia"))]
    checks.equal("the bake of the other kind goes before the pinned one is activated, and that before it is loaded",
                 ["unload", "activate", "load"], list(dict.fromkeys(step.split()[0] for step in order)))
    status, exit_status = product.status(guest)
    checks.equal("a machine pinned to grid runs the grid bake", ("ready", "ready", 0),
                 (status["state"], status["verdict"], exit_status))
    checks.contains("by its name", "-grid-", status["bake"])
    checks.contains("which is active", "-grid-", guest.get("readlink /run/gpuboot/active"))
    before = product.live_modules(guest)
    guest.get(CHECK, 120)
    checks.equal("and the next check changes nothing", before, product.live_modules(guest))
