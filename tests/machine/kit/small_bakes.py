# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bakes of the small stand-in driver, made by the product inside the image's tree: a guest can compile
that driver anew in seconds, where NVIDIA's would take an hour."""

import shutil
from pathlib import Path

import config
from tree import copy, run, run_in

NAME, VERSION = config.SMALL_DRIVER
STORE = "/var/lib/gpuboot/bakes"
PIN = "/etc/gpuboot/versions.toml"


def pin(tree):
    source = tree / f"usr/src/{NAME}-{VERSION}"
    command = "find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum | cut -d' ' -f1"
    sha256 = run("sh", "-c", command, cwd=source).strip()
    return (f'schema = 1\n[driver]\nversion = "{VERSION}"\nkind = "open"\n'
            f'[driver.source]\ntype = "dkms"\nname = "{NAME}"\nsha256 = "{sha256}"\n')


def only(bake):
    """A script that leaves this bake alone in the store."""
    return f"find {STORE} -mindepth 1 -maxdepth 1 ! -name {bake.name} -exec rm -rf {{}} +"


class SmallBakes:
    def __init__(self, folder):
        self.folder, self.pin = folder, (folder / "etc/versions.toml").read_text()

    @classmethod
    def make(cls, cache, image, progress):
        """For this image, from the cache when it has them."""
        key = image.disk.parent.name.removeprefix("image-")
        return cls(cache.get("small-bakes", key, lambda new: cls._bake(new, image.tree, progress)))

    @staticmethod
    def _bake(folder, tree, progress):
        progress.step("baking the stand-in driver")
        etc, var = folder / "etc", folder / "var"
        copy(tree / "etc/gpuboot", etc)
        copy(tree / "var/lib/gpuboot", var)
        shutil.rmtree(var / "bakes")
        (var / "bakes").mkdir()
        (etc / "versions.toml").write_text(pin(tree))
        for kernel in (config.KERNEL, config.OTHER_KERNEL):
            run_in(tree, "gpubootctl", "bake", "--kernel", kernel, note=progress.note,
                   binds=[(etc, "/etc/gpuboot"), (var, "/var/lib/gpuboot")])

    def bake(self, kernel) -> Path:
        [found] = (self.folder / "var/bakes").glob(f"{VERSION}-open-{kernel}-*")
        return found

    def machine(self, kernel):
        """Files of a machine that pins this driver and has the bake for that kernel."""
        bake = self.bake(kernel)
        firmware = f"/lib/firmware/nvidia/{VERSION}/gsp_stand_in.bin"  # asked for by its name alone
        return {PIN: self.pin, f"{STORE}/{bake.name}": bake, firmware: "no firmware\n"}
