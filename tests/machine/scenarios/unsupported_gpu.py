# SPDX-License-Identifier: LGPL-2.1-or-later
"""A V100, which NVIDIA's open driver does not know: it says ENODEV, and no compile would change that."""

import product
from guest import V100

ADDRESS = "0010:00:00.0"


def machine(kit):
    return {"gpus": 1, "chip": V100}


def check(guest, checks):  # S2-29 F-84
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    checks.equal("it is a V100", "0x1db4", guest.read(f"/sys/bus/pci/devices/{ADDRESS}/device"))
    status, exit_status = product.status(guest)
    checks.equal("the verdict is blocked", ("blocked", "blocked", 3), (status["state"], status["verdict"], exit_status))
    reason = product.reason(status["reasons"], "gpu_unsupported")
    checks.contains("the reason is the driver's own answer", "ENODEV", reason["found"])
    checks.contains("with the kernel's line", "NVRM", reason["found"])
    checks.equal("nothing was compiled", False, product.has_run(guest, "gpuboot-rebuild.service"))
    checks.equal("no module is left", "", product.live_modules(guest))
    checks.equal("nothing is active or ready", "",
                 guest.get("ls -d /run/gpuboot/active /run/gpuboot/ready /dev/nvidia* 2>/dev/null; :"))  # V5 V8
    checks.equal("the driver was asked once", "1", guest.get("dmesg | grep -c 'NVRM: The NVIDIA probe routine failed'"))
