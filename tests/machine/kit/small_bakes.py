# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bakes of the small stand-in driver, made by the product inside the image's tree: a guest can compile
that driver anew in seconds, where NVIDIA's would take an hour."""

import hashlib
import re
import shutil
from pathlib import Path

import config
from tree import copy, run, run_in

NAME, VERSION = config.SMALL_DRIVER
STORE = "/var/lib/gpuboot/bakes"
PIN = "/etc/gpuboot/versions.toml"
# Broken variants, and the end of the id each gets: the one that sorts last is tried first.
FAULTS = {"PANIC": "fffffffffff3", "REFUSE": "fffffffffff2", "OPEN": "fffffffffff1"}


def pin(tree, kind="open"):
    source = tree / f"usr/src/{NAME}-{VERSION}"
    command = "find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum | cut -d' ' -f1"
    sha256 = run("sh", "-c", command, cwd=source).strip()
    return (f'schema = 1\n[driver]\nversion = "{VERSION}"\nkind = "{kind}"\n'
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

        SmallBakes._bake_grid(folder, tree, progress)
        for fault in FAULTS:
            progress.step(f"compiling the stand-in driver with the fault {fault}")
            SmallBakes._break(folder, tree, fault)

    @staticmethod
    def _bake_grid(folder, tree, progress):
        """The same sources once more, called grid: kind and id are all in which the two bakes differ."""
        (folder / "grid").mkdir()
        etc, var = folder / "grid/etc", folder / "grid/var"
        copy(folder / "etc", etc)
        copy(folder / "var", var)
        shutil.rmtree(var / "bakes")
        (var / "bakes").mkdir()
        (etc / "versions.toml").write_text(pin(tree, "grid"))
        run_in(tree, "gpubootctl", "bake", "--kernel", config.KERNEL, note=progress.note,
               binds=[(etc, "/etc/gpuboot"), (var, "/var/lib/gpuboot")])

    @staticmethod
    def _break(folder, tree, fault):
        """The bake for this kernel once more, right in everything but what its nvidia.ko does."""
        [good] = (folder / "var/bakes").glob(f"{VERSION}-open-{config.KERNEL}-*")
        scratch = tree / "root/small-driver"
        copy(tree / f"usr/src/{NAME}-{VERSION}", scratch)
        run_in(tree, "make", "-C", f"/lib/modules/{config.KERNEL}/build", "M=/root/small-driver",
               f"KCFLAGS=-DFAULT_{fault}", "modules")
        bake = folder / "faulty" / (good.name[:-12] + FAULTS[fault])
        bake.parent.mkdir(exist_ok=True)
        copy(good, bake)
        module = (scratch / "nvidia.ko").read_bytes()
        (bake / "modules/nvidia.ko").write_bytes(module)
        marker = (bake / "marker.toml").read_text().replace(good.name, bake.name)
        before, block, after = re.split(r'(path = "modules/nvidia\.ko".*?)(?=\[\[|\Z)', marker, maxsplit=1, flags=re.S)
        block = re.sub(r"size = \d+", f"size = {len(module)}", block)
        block = re.sub(r'sha256 = "\w+"', f'sha256 = "{hashlib.sha256(module).hexdigest()}"', block, count=1)
        (bake / "marker.toml").write_text(before + block + after)
        shutil.rmtree(scratch)

    def faulty(self, fault) -> Path:
        [found] = (self.folder / "faulty").glob(f"*-{FAULTS[fault]}")
        return found

    def disk(self, path, bakes):
        """A file system with these bakes, to be /var/lib/gpuboot of a machine over several boots."""
        content = path.with_suffix(".content")
        shutil.rmtree(content, ignore_errors=True)
        for folder in ("bakes", "records"):
            (content / folder).mkdir(parents=True)
        for bake in bakes:
            copy(bake, content / "bakes" / bake.name)
        path.unlink(missing_ok=True)
        run("mkfs.ext4", "-q", "-d", content, "-E", "root_owner=0:0", path, "48M")
        shutil.rmtree(content)
        return path

    def bake(self, kernel) -> Path:
        [found] = (self.folder / "var/bakes").glob(f"{VERSION}-open-{kernel}-*")
        return found

    def grid(self):
        """The bake that is called grid, and its pin."""
        [found] = (self.folder / "grid/var/bakes").glob(f"{VERSION}-grid-*")
        return found, (self.folder / "grid/etc/versions.toml").read_text()

    def machine(self, kernel):
        """Files of a machine that pins this driver and has the bake for that kernel."""
        bake = self.bake(kernel)
        firmware = f"/lib/firmware/nvidia/{VERSION}/gsp_stand_in.bin"  # asked for by its name alone
        return {PIN: self.pin, f"{STORE}/{bake.name}": bake, firmware: "no firmware\n"}
