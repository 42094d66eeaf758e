# SPDX-License-Identifier: LGPL-2.1-or-later
"""The only bake was made for another kernel, and policy forbids a compile: the reason names both kernels."""

import config
import product
import small_bakes
from guest import Scenario

POLICY = 'schema = 1\n[ready]\ntest = "bound"\n[rebuild]\nallow = false\n'


def machine(kit):
    files = {**kit.small.machine(config.OTHER_KERNEL), "/etc/gpuboot/gpuboot.toml": POLICY}
    return {"gpus": 1, "scenario": Scenario(small_bakes.only(kit.small.bake(config.OTHER_KERNEL)), files)}


def check(guest, checks):  # S1-15 S1-21 F-34
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    status, exit_status = product.status(guest)
    checks.equal("the verdict is blocked", ("blocked", "blocked", 3), (status["state"], status["verdict"], exit_status))
    reason = product.reason(status["reasons"], "kernel_differs")
    checks.equal("the reason names both kernels", (config.KERNEL, config.OTHER_KERNEL),
                 (reason["wanted"], reason["found"]))
    checks.contains("and the bake", f"-{config.OTHER_KERNEL}-", reason["subject"])
    checks.contains("policy is named as what forbids the cure", "rebuild_forbidden", product.codes(status["reasons"]))
    why = guest.run("gpubootctl why").out
    checks.true("gpubootctl why says it in words", config.KERNEL in why and config.OTHER_KERNEL in why, why)
    checks.equal("nothing was loaded", "", product.live_modules(guest))
    checks.equal("nothing is active or ready", "",
                 guest.get("ls -d /run/gpuboot/active /run/gpuboot/ready /dev/nvidia* 2>/dev/null; :"))
    checks.equal("nothing was compiled", False, product.has_run(guest, "gpuboot-rebuild.service"))
