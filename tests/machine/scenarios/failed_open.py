# SPDX-License-Identifier: LGPL-2.1-or-later
"""The readiness test "open" on NVIDIA's driver: a GPU made in software does not open, and the kernel says why."""

import config
import product
from guest import Scenario

DEVICE_UNIT = "gpuboot-device@0010:00:00.0.service"
TIMEOUT = 10
POLICY = f'schema = 1\n[ready]\ntest = "open"\ntimeout_seconds = {TIMEOUT}\n'


# Firmware of that name is there, so nothing is judged missing; what is in it the driver has to find out.
FIRMWARE = "/lib/firmware/nvidia/{}/gsp_tu10x.bin"


def machine(kit):
    files = {"/etc/gpuboot/gpuboot.toml": POLICY, FIRMWARE.format(config.pin()["driver"]["version"]): "no firmware\n"}
    return {"gpus": 1, "scenario": Scenario(files=files)}


def check(guest, checks):  # F-84 F-91
    state = guest.wait_for_boot()
    checks.true("the machine boots", state in ("running", "degraded"), state)
    failed = guest.get("systemctl --failed --no-legend --plain | cut -d' ' -f1").split()
    checks.true("with no failed unit but ours", set(failed) <= {"gpuboot-init.service", DEVICE_UNIT}, failed)
    report = product.report(guest, "init") or {}
    reason = product.reason(report.get("reasons", []), "open_failed")
    checks.contains("the reason names the node", "/dev/nvidia0", reason["subject"])
    checks.contains("and the kernel's own line", "NVRM", reason["found"])
    checks.true("which says what failed", any(word in reason["found"] for word in ("RmInitAdapter", "firmware")),
                reason["found"])
    checks.at_most("it took no longer than its deadline", TIMEOUT + 5, report.get("usec", 1e12) / 1e6)
    checks.true("the kernel's log has that line", reason["found"].split("kernel: ")[-1] in guest.get("dmesg"))
    status, exit_status = product.status(guest)
    checks.equal("the verdict is blocked", ("blocked", 3), (status["verdict"], exit_status))
    checks.equal("no GPU is called ready", [False], [gpu["ready"] for gpu in status["gpus"]])
    checks.true("there is no stamp", guest.run("test -e /run/gpuboot/ready").status != 0)
    checks.equal("the driver itself stays", "nvidia", product.bound_driver(guest, "0010:00:00.0"))
    checks.equal("nothing was compiled", False, product.has_run(guest, "gpuboot-rebuild.service"))
    check_withdrawn(guest, checks)


def check_withdrawn(guest, checks):  # P11
    """A machine that was ready by a milder test, and is not any more: containers are told of no GPU then."""
    again = "rm -rf /run/gpuboot/tried; gpubootctl check >/dev/null; systemctl start gpuboot-check.service gpuboot-init.service"
    guest.run(f"sed -i s/'\"open\"'/'\"bound\"'/ /etc/gpuboot/gpuboot.toml; {again}", 120)
    checks.true("by the test \"bound\" it is ready", guest.run("test -e /run/gpuboot/ready").status == 0)
    checks.true("and containers are told", guest.run("test -e /run/cdi/gpuboot.json").status == 0)
    guest.run(f"sed -i s/'\"bound\"'/'\"open\"'/ /etc/gpuboot/gpuboot.toml; {again}", 120)
    checks.true("by \"open\" it is not", guest.run("test -e /run/gpuboot/ready").status != 0)
    checks.true("and what containers were told is taken back", guest.run("test -e /run/cdi/gpuboot.json").status != 0)
