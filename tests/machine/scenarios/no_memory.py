# SPDX-License-Identifier: LGPL-2.1-or-later
"""A compiler that takes more memory than there is: the kernel kills it. With a limit that is below what one of
them takes, nothing is compiled, nor kept against the source; with room for one it works, one file at a time."""

import product
import small_bakes
from guest import Scenario

COMPILE_SECONDS = 420
POLICY = 'schema = 1\n[ready]\ntest = "bound"\n'
LIMIT = "/etc/systemd/system/gpuboot-build-.service.d/memory.conf"
CC1 = "/usr/lib/gcc/x86_64-linux-gnu/12/cc1"

HUNGRY = """#!/usr/bin/perl
vec(my $file, 200 * 2**20, 8) = 1;
exit(system("/usr/lib/gcc/x86_64-linux-gnu/12/cc1.real", @ARGV) >> 8);
"""


def limit(memory):
    return f"[Service]\nMemoryMax={memory}\n"


def machine(kit):
    files = {small_bakes.PIN: kit.small.pin, "/etc/gpuboot/gpuboot.toml": POLICY,
             LIMIT: limit("128M"), "/root/hungry": HUNGRY}
    script = f"""
        rm -rf {small_bakes.STORE}/*
        mv {CC1} {CC1}.real
        install -m 755 /root/hungry {CC1}
    """
    return {"gpus": 1, "scenario": Scenario(script, files)}


def check(guest, checks):  # F-68
    guest.wait_for_boot(COMPILE_SECONDS)
    checks.equal("only the rebuild failed", "gpuboot-rebuild.service",
                 guest.get("systemctl --failed --no-legend --plain | awk '{ print $1 }'"))
    checks.true("the kernel killed a compiler in each of two tries", killed(guest) >= 2, killed(guest))
    status, _ = product.status(guest)
    checks.equal("the machine is blocked", ("blocked", False), (status["verdict"], status["ready"]))
    told = product.reason(status["reasons"], "build_needs_memory")
    checks.contains("for want of memory, in the compiler's words", "Killed signal terminated program cc1", told["text"])
    checks.equal("nothing is in the store", "", guest.get(f"ls {small_bakes.STORE}"))  # V4
    checks.equal("nothing was loaded", "", product.live_modules(guest))

    before = killed(guest)
    guest.get(f"printf '{limit('320M')}' >{LIMIT}; systemctl daemon-reload; gpubootctl rebuild", COMPILE_SECONDS)
    checks.true("with room for one compiler it is killed in the first try", killed(guest) > before, killed(guest))
    status, _ = product.status(guest)
    checks.equal("and the second one makes the machine ready", ("ready", True), (status["verdict"], status["ready"]))


def killed(guest):
    return int(guest.get("journalctl -b -k -o cat | grep -c 'Memory cgroup out of memory: Killed process .*(cc1)'; :"))
