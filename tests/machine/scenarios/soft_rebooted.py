# SPDX-License-Identifier: LGPL-2.1-or-later
"""Userspace is restarted on a kernel that goes on: every program is another one, /run and the driver are the same."""

import product
from guest import Scenario

UNITS = ("gpuboot-check.service", "gpuboot-init.service", "gpubootd.service")
SAME = ("State", "Verdict", "Bake", "DriverVersion", "Kernel")


def machine(kit):
    return {"gpus": 1, "scenario": Scenario(files=kit.newer_systemd)}


def check(guest, checks):  # F-140
    checks.equal("with a newer systemd the machine boots without a failed unit", "running", guest.wait_for_boot())
    version = int(guest.get("systemctl --version").split()[1])
    checks.true("this systemd can restart userspace alone", version >= 254, version)
    before = seen(guest)
    checks.equal("it is ready", "ready", before["manager"]["State"])
    state = guest.restarts_userspace()
    after = seen(guest)
    checks.equal("restarted, no unit has failed", "running", state)
    checks.equal("it is the same boot of the kernel", before["boot"], after["boot"])
    for unit in UNITS:
        checks.true(f"{unit} ran anew", before["runs"][unit] != after["runs"][unit] != "", after["runs"])
    checks.equal("the machine is what it was", [before["manager"][name] for name in SAME],
                 [after["manager"][name] for name in SAME])
    checks.equal("and was judged to be so", ("ready", []), (after["check"]["verdict"], after["check"]["reasons"]))
    for what in ("modules", "loads", "nodes", "cdi"):
        checks.equal(f"{what}: as before", before[what], after[what])
    checks.equal("the GPU is ready", ["ready"], [gpu["State"] for gpu in product.bus_gpus(guest).values()])
    checks.equal("gpu-ready.target is reached", "active",
                 guest.properties("gpu-ready.target", "ActiveState")["ActiveState"])


def seen(guest):
    return {
        "boot": guest.read("/proc/sys/kernel/random/boot_id"),
        "runs": {unit: guest.properties(unit, "InvocationID")["InvocationID"] for unit in UNITS},
        "manager": product.manager(guest),
        "check": product.report(guest, "check"),
        "modules": product.live_modules(guest),
        "loads": guest.get("dmesg | grep -c 'NVRM: loading'"),
        "nodes": guest.get("stat -c '%n %t %T %a' /dev/nvidia* /dev/char/195:0"),
        "cdi": guest.read("/run/cdi/gpuboot.json"),
    }
