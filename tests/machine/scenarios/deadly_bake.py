# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bake whose nvidia.ko panics the kernel in its init: tried in two boots, and the third one comes up.

With the stand-in driver, and a store on a disk that keeps what was written over all three boots.
"""

import config
import product
from guest import Scenario

POLICY = 'schema = 1\n[ready]\ntest = "open"\n'
MOUNT = "echo '/dev/vdc /var/lib/gpuboot ext4 defaults 0 0' >>/etc/fstab"
RECORDS = "/var/lib/gpuboot/records"
TOOK_OVER = "d815a636529f4f36b45ef21bb38a36b3"


class State:
    """The bakes in the store."""


def machine(kit):
    State.good, State.deadly = kit.small.bake(config.KERNEL), kit.small.faulty("PANIC")
    disk = kit.small.disk(kit.logs / "deadly_bake.ext4", [State.good, State.deadly])
    files = {**kit.small.machine(config.KERNEL), "/etc/gpuboot/gpuboot.toml": POLICY}
    return {"gpus": 1, "scenario": Scenario(MOUNT, files), "disk": disk}


def check(guest, checks):  # F-85 F-12
    for boot in ("first", "second"):
        checks.true(f"the {boot} boot goes down", guest.ends(), "it still runs")
        checks.contains("in the driver's init", "small-driver: told to panic", "\n".join(guest.console()))
        guest.restart()
    checks.equal("the third one comes up", "running", guest.wait_for_boot())
    checks.true("without a panic", "told to panic" not in "\n".join(guest.console()))

    status, exit_status = product.status(guest)
    checks.equal("and the GPU is ready", ("ready", "ready", 0), (status["state"], status["verdict"], exit_status))
    checks.equal("with the other bake", State.good.name, status["bake"])
    checks.true("the adapter opens", guest.run(": </dev/nvidia0").status == 0)
    reason = product.reason(product.report(guest, "check")["reasons"], "marked_bad")
    checks.equal("it names the bake", State.deadly.name, reason["subject"])
    checks.contains("and the two deaths", "the machine went down 2 times while loading it", reason["found"])
    checks.contains("the journal has the event", f"bake {State.good.name} took over",
                    guest.get(f"journalctl -b -o cat MESSAGE_ID={TOOK_OVER}"))
    checks.contains("why tells it", f"{State.deadly.name} is marked bad", guest.run("gpubootctl why").out)

    checks.equal("no trial is left", "", guest.get(f"ls -A {RECORDS} | grep trial; :"))
    checks.equal("the mark is kept", State.deadly.name, guest.get(f"ls -A {RECORDS}/bad"))
    checks.contains("and the good bake", State.good.name, guest.get(f"cat {RECORDS}/last-good-{config.KERNEL}"))
    checks.equal("nothing was compiled", False, product.has_run(guest, "gpuboot-rebuild.service"))
    before = guest.get(f"stat -c '%n %Y %i' {RECORDS}/* {RECORDS}/bad/*")
    guest.get("systemctl restart gpuboot-check.service")
    checks.equal("another check writes nothing there", before,
                 guest.get(f"stat -c '%n %Y %i' {RECORDS}/* {RECORDS}/bad/*"))
