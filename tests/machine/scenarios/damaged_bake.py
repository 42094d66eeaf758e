# SPDX-License-Identifier: LGPL-2.1-or-later
"""One flipped bit in the baked nvidia.ko: refused by name and digest, and a compile in the guest makes it good.

With the stand-in driver, which can also be opened: so here the default readiness test "open" holds.
"""

import hashlib

import config
import product
import small_bakes
from guest import Scenario

COMPILE_SECONDS = 420

# A make that tells, in the compile's own log, as whom and with which network it was called.
WITNESS = """#!/bin/sh
echo "witness: uid $(id -u), network:" $(tail -n +3 /proc/self/net/dev | cut -d: -f1)
exec /usr/bin/make.real "$@"
"""


class State:
    """The file as it was, and as it is."""


def machine(kit):
    bake = kit.small.bake(config.KERNEL)
    State.original = (bake / "modules/nvidia.ko").read_bytes()
    flipped = bytearray(State.original)
    flipped[len(flipped) // 2] ^= 1
    State.flipped = bytes(flipped)
    State.file = f"{bake.name}/modules/nvidia.ko"
    files = {**kit.small.machine(config.KERNEL), "/root/nvidia.ko": State.flipped, "/root/make": WITNESS,
             "/etc/gpuboot/gpuboot.toml": 'schema = 1\n[ready]\ntest = "open"\n'}
    script = f"""
        {small_bakes.only(bake)}
        cat /root/nvidia.ko >{small_bakes.STORE}/{State.file}
        mv /usr/bin/make /usr/bin/make.real
        install -m 755 /root/make /usr/bin/make
    """
    return {"gpus": 1, "scenario": Scenario(script, files)}


def check(guest, checks):  # S1-30 S1-31 S1-32 F-31
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot(COMPILE_SECONDS))
    before = (product.report(guest, "rebuild") or {}).get("before", {})
    checks.equal("the rebuild was for that reason alone", ("rebuild", ["file_digest"]),
                 (before.get("verdict"), product.codes(before.get("reasons", []))))
    reason = product.reason(before.get("reasons", []), "file_digest")
    checks.equal("it names the file", State.file, reason["subject"])
    checks.equal("and both digests", (digest(State.original), digest(State.flipped)),
                 (reason["wanted"], reason["found"]))
    checks.contains("in a sentence for people", f"{State.file} is damaged", reason["text"])

    checks.equal("one compile", True, product.has_run(guest, "gpuboot-rebuild.service"))
    checks.equal("ended well", "success", guest.properties("gpuboot-rebuild.service", "Result")["Result"])
    status, exit_status = product.status(guest)
    checks.equal("and the GPU is ready", ("ready", "ready", 0), (status["state"], status["verdict"], exit_status))
    live = product.live_modules(guest)
    for module in ("nvidia", "nvidia_uvm", "nvidia_modeset"):
        checks.contains(f"{module} is live", f"{module} live", live)
    checks.equal("of the pinned version", config.SMALL_DRIVER[1], product.loaded_version(guest))
    checks.true("the adapter opens", guest.run(": </dev/nvidia0").status == 0)
    checks.equal("no damaged file is left in the store", "",
                 guest.get(f"sha256sum {small_bakes.STORE}/*/modules/nvidia.ko | grep {digest(State.flipped)}; :"))
    checks.equal("nor anything unfinished", "", guest.get(f"ls -d {small_bakes.STORE}/.[nd]* 2>/dev/null; :"))  # V4
    builder = guest.get("id -u gpuboot-build")
    checks.contains("the compile was not root's and had no network", f"witness: uid {builder}, network: lo\n",
                    guest.get("cat /var/lib/gpuboot/build.log; echo"))


def digest(data):
    return hashlib.sha256(data).hexdigest()
