# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine without memory for the compile: the kernel kills the compiler, once with all processors and once
with one; nothing of that is kept against the bake, so with memory the same request compiles it."""

import config
import product
import small_bakes
from guest import Scenario

COMPILE_SECONDS = 420
POLICY = 'schema = 1\n[ready]\ntest = "bound"\n'
LIMIT = "/etc/systemd/system/gpuboot-build-.service.d/memory.conf"


def machine(kit):
    files = {small_bakes.PIN: kit.small.pin, "/etc/gpuboot/gpuboot.toml": POLICY,
             LIMIT: "[Service]\nMemoryMax=24M\nMemorySwapMax=0\n"}
    return {"gpus": 1, "scenario": Scenario(f"rm -rf {small_bakes.STORE}/*", files)}


def check(guest, checks):  # F-68
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot(COMPILE_SECONDS))
    killed = guest.get("journalctl -b -k -o cat | grep -c 'Memory cgroup out of memory: Killed process .*(cc1)'; :")
    checks.true("the kernel killed a compiler in each of two tries", int(killed) >= 2, killed)
    status, _ = product.status(guest)
    checks.equal("the machine is blocked", ("blocked", False), (status["verdict"], status["ready"]))
    told = product.reason(status["reasons"], "build_needs_memory")
    checks.contains("for want of memory, in the compiler's words", "Killed signal terminated program cc1", told["text"])
    again = guest.get("journalctl -b -u gpuboot-rebuild.service -o cat | grep -c 'one file at a time: memory ran out'; :")
    checks.equal("the second try was told, and was the last", "1", again)
    checks.equal("nothing is in the store", "", guest.get(f"ls -A {small_bakes.STORE} | grep -v '^\\.lock'; :"))  # V4
    checks.equal("nothing was loaded", "", product.live_modules(guest))
    guest.get(f"rm {LIMIT}; systemctl daemon-reload; gpubootctl rebuild", COMPILE_SECONDS)
    status, _ = product.status(guest)
    checks.equal("with memory the same request makes the machine ready", ("ready", True),
                 (status["verdict"], status["ready"]))
