# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three bakes that pass every check: the kernel refuses one, the GPU does not open under the next, and the third
one, which served before, takes over. All in one boot, with the stand-in driver."""

import config
import product
import small_bakes
from guest import Scenario

POLICY = 'schema = 1\n[ready]\ntest = "open"\n'
RECORDS = "/var/lib/gpuboot/records"


class State:
    """The bakes in the store."""


def machine(kit):
    State.good, State.refused, State.closed = (
        kit.small.bake(config.KERNEL), kit.small.faulty("REFUSE"), kit.small.faulty("OPEN"))
    files = {**kit.small.machine(config.KERNEL), "/etc/gpuboot/gpuboot.toml": POLICY}
    for bake in (State.refused, State.closed):
        files[f"{small_bakes.STORE}/{bake.name}"] = bake
    keep = " ".join(f"! -name {bake.name}" for bake in (State.good, State.refused, State.closed))
    script = f"find {small_bakes.STORE} -mindepth 1 -maxdepth 1 {keep} -exec rm -rf {{}} +"
    return {"gpus": 1, "scenario": Scenario(script, files)}


def check(guest, checks):  # F-46 F-47
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    status, exit_status = product.status(guest)
    checks.equal("and the GPU is ready", ("ready", "ready", 0), (status["state"], status["verdict"], exit_status))
    checks.equal("with the good bake", State.good.name, status["bake"])
    checks.true("the adapter opens", guest.run(": </dev/nvidia0").status == 0)

    refused = product.reason(product.report(guest, "check")["reasons"], "marked_bad")
    checks.equal("the refused bake is named", State.refused.name, refused["subject"])
    checks.contains("with the kernel's answer", "EINVAL", refused["found"])
    reasons = {entry["subject"]: entry for entry in product.report(guest, "recheck")["reasons"]}
    checks.contains("the other one, too", State.closed.name, " ".join(reasons))
    checks.contains("with what failed", "/dev/nvidia0 does not open", reasons.get(State.closed.name, {}).get("found", ""))
    checks.equal("each was loaded once", "1 1 1", guest.get(
        "for id in %s; do cat /run/gpuboot/report/check.json /run/gpuboot/report/recheck.json | "
        "grep -c \"activate $id\"; done | xargs" % " ".join(b.name for b in (State.refused, State.closed, State.good))))
    checks.equal("both are marked", sorted([State.refused.name, State.closed.name]),
                 guest.get(f"ls -A {RECORDS}/bad").split())
    checks.equal("no trial is left", "", guest.get(f"ls -A {RECORDS} | grep trial; :"))
    checks.equal("nothing was compiled", False, product.has_run(guest, "gpuboot-rebuild.service"))
