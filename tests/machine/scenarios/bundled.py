# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pin has bakes bring libraries, a program and firmware, and none of them is installed. The machine compiles
such a bake, activates and loads it, and loader, shell and kernel find what it brought."""

import subprocess

import config
import product
import small_bakes
from guest import Scenario

_, VERSION = config.SMALL_DRIVER
FOLDER = "/opt/userspace"
LIBRARIES = ("libcuda.so", "libnvidia-ml.so")
EMPTY_STORE = f"find {small_bakes.STORE} -mindepth 1 -maxdepth 1 -exec rm -rf {{}} +\nchmod 755 {FOLDER}/bin/nvidia-smi\n"


def userspace(folder):
    """Laid out as a pin wants it; returns its digest."""
    for name in ("lib", "bin", f"firmware/nvidia/{VERSION}"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in LIBRARIES:
        subprocess.run(["gcc", "-shared", f"-Wl,-soname,{name}.1", "-x", "c", "/dev/null", "-o",
                        folder / f"lib/{name}.{VERSION}"], check=True)
        (folder / f"lib/{name}.1").unlink(missing_ok=True)
        (folder / f"lib/{name}.1").symlink_to(f"{name}.{VERSION}")
    (folder / "bin/nvidia-smi").write_text("#!/bin/sh\necho the program of the bake\n")
    (folder / f"firmware/nvidia/{VERSION}/gsp_stand_in.bin").write_text("no firmware\n")
    digest = (r"{ find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum;"
              r" find . -type l -printf '%p -> %l\n' | LC_ALL=C sort; } | sha256sum")
    return subprocess.run(["sh", "-c", digest], cwd=folder, check=True, capture_output=True, text=True).stdout.split()[0]


def machine(kit):
    folder = kit.logs / "bundled-userspace"
    pin = kit.small.pin + f'[driver.userspace]\ntype = "folder"\npath = "{FOLDER}"\nsha256 = "{userspace(folder)}"\n'
    return {"gpus": 1, "scenario": Scenario(EMPTY_STORE, {small_bakes.PIN: pin, FOLDER: folder})}


def check(guest, checks):  # S1-30 S4-10 S4-19
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot(600))
    report = product.report(guest, "recheck") or {}
    checks.equal("the bake that was made is loaded", ("ready", []), (report.get("verdict"), report.get("reasons")))
    active = "/run/gpuboot/active"
    checks.equal("the kernel looks for firmware in it", f"{active}/firmware",
                 guest.read("/sys/module/firmware_class/parameters/path"))
    listed = guest.get("ldconfig -p")
    for name in LIBRARIES:
        checks.contains(f"the loader finds its {name}", f"=> {active}/lib/{name}.1", listed)
    checks.equal("a login shell finds its program", "the program of the bake", guest.get("sh -lc nvidia-smi"))
    init = product.report(guest, "init") or {}
    checks.equal("and nothing is left to say", ("ready", []), (init.get("verdict"), init.get("reasons")))
    checks.true("after the boot its files were read",
                guest.until("test -s /var/lib/gpuboot/records/cold/$(basename $(readlink /run/gpuboot/active))"))
    guest.get("systemctl start gpuboot-check.service")
    checks.equal("a second check asks for nothing", "", guest.get("ls /run/gpuboot/next"))
