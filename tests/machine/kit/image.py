# SPDX-License-Identifier: LGPL-2.1-or-later
"""From an empty cache to a disk that boots: a Debian tree, our .deb in it, the driver baked, an ext4 image.

Each product lies in the cache under the hash of its inputs. The bake is the product's own work and so is
the decision to reuse one: the store of the last image is put into the new tree, and `gpubootctl bake`
says whether it fits.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import config
from cache import digest
from tree import Failed, copy, install, run, run_in

STORE = "var/lib/gpuboot/bakes"
BUILDER = [config.HERE / "kit" / name for name in ("image.py", "tree.py", "config.py")]


@dataclass
class Image:
    tree: Path
    disk: Path
    kernel: Path
    initrd: Path


class Builder:
    def __init__(self, cache, progress, fresh_bake=False):
        self.cache, self.progress, self.fresh_bake = cache, progress, fresh_bake

    def package(self):
        with self.cache.locked():
            return self._deb()

    def image(self):
        with self.cache.locked():
            deb = self._deb()
            base = self._base(deb)
            key = digest(base.name, deb.read_bytes(), *BUILDER, config.HERE / "guest",
                         config.HERE / "virtual-gpu", config.HERE / "small-driver")
            folder = self.cache.get("image", key, lambda new: self._make_image(new, base, deb))
        return Image(folder / "tree", folder / "disk.ext4", folder / "vmlinuz", folder / "initrd")

    # The package

    def _deb(self):
        inputs = [path for path in sorted(config.TOP.iterdir())
                  if not path.name.startswith((".", "build", "tests")) and path.suffix != ".md"]
        return next(self.cache.get("deb", digest(*inputs), self._make_deb).glob("gpuboot_*.deb"))

    def _make_deb(self, folder):
        self.progress.step("building the .deb")
        # With a process namespace of its own nothing of it goes on when this program ends.
        run("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", config.TOP / "packaging" / "build-deb", folder,
            note=self.progress.note)

    # Debian, and the driver's source

    def _base(self, deb):
        packages = [*config.PACKAGES, *self._dependencies(deb)]
        return self.cache.get("base", digest(packages, config.driver_tree(), *BUILDER[1:]),
                              lambda new: self._make_base(new, packages))

    def _dependencies(self, deb):
        fields = run("dpkg-deb", "--field", deb, "Pre-Depends", "Depends").splitlines()
        wanted = ",".join(field.split(":", 1)[1] for field in fields)
        return [word.split("|")[0].split("(")[0].strip() for word in wanted.split(",") if word.strip()]

    def _make_base(self, folder, packages):
        self.progress.step("installing Debian 12 into a folder")
        sources = folder / "sources.list"
        sources.write_text("\n".join(config.apt_sources()) + "\n")
        tree = folder / "tree"
        # Unpacked, not installed: nothing is registered with DKMS.
        parts = {config.DRIVER_PACKAGE: "usr/src", config.SCHEMA_PACKAGE: config.SCHEMA}
        fetch = " && ".join(['cd "$1"', 'export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"'] + [
            f"apt-get download {package} && dpkg-deb --fsys-tarfile {package}_*.deb | tar -x ./{folder} && "
            f"rm {package}_*.deb" for package, folder in parts.items()])
        run("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(packages)}",
            "--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
            f"--customize-hook={fetch}", config.os_release()["VERSION_CODENAME"], tree, sources,
            note=self.progress.note)
        if not (tree / "usr/src" / config.driver_tree()).is_dir():
            raise Failed(f"versions.toml pins {config.driver_tree()}, and the archive's {config.DRIVER_PACKAGE} "
                         f"holds {[path.name for path in (tree / 'usr/src').glob('nvidia*')]}")

    # The image

    def _make_image(self, folder, base, deb):
        tree = folder / "tree"
        self.progress.step("copying the tree")
        copy(base / "tree", tree)
        self._add_test_kit(tree)
        self._install_deb(tree, deb)
        self._bake(tree, base)
        self.progress.step("making the disk image")
        run("mkfs.ext4", "-q", "-d", tree, "-E", "root_owner=0:0", folder / "disk.ext4", "3G")
        install(tree / f"boot/vmlinuz-{config.KERNEL}", folder / "vmlinuz")
        install(tree / f"boot/initrd.img-{config.KERNEL}", folder / "initrd")

    def _add_test_kit(self, tree):
        self.progress.step("compiling the hardware made in software")
        guest, scratch = config.HERE / "guest", tree / "root/virtual-gpu"
        shutil.copytree(config.HERE / "virtual-gpu", scratch)
        run_in(tree, "make", "-C", f"/lib/modules/{config.KERNEL}/build", "M=/root/virtual-gpu", "modules")
        for module in ("virtual_gpu.ko", "virtual_iommu.ko"):
            install(scratch / module, tree / f"lib/modules/{config.KERNEL}/extra" / module)
        shutil.rmtree(scratch)
        shutil.copytree(config.HERE / "small-driver", tree / f"usr/src/{'-'.join(config.SMALL_DRIVER)}")

        self.progress.step("making the initramfs")
        install(guest / "agent", tree / "usr/local/libexec/test-agent", 0o755)
        install(guest / "test-agent.service", tree / "etc/systemd/system/test-agent.service")
        install(guest / "initramfs-modules", tree / "etc/initramfs-tools/modules")
        install(guest / "initramfs.conf", tree / "etc/initramfs-tools/conf.d/test.conf")
        install(guest / "scenario", tree / "etc/initramfs-tools/scripts/local-bottom/scenario", 0o755)
        run_in(tree, "sh", "-euc", f"""
            systemctl enable test-agent.service
            systemctl set-default multi-user.target
            systemd-machine-id-setup
            echo machine >/etc/hostname
            depmod {config.KERNEL}
            update-initramfs -u -k {config.KERNEL}
        """, note=self.progress.note)

    def _install_deb(self, tree, deb):
        self.progress.step("installing the .deb")
        install(deb, tree / "root" / deb.name)
        run_in(tree, "apt-get", "install", "-y", f"/root/{deb.name}", note=self.progress.note)
        (tree / "root" / deb.name).unlink()
        install(config.HERE / "guest/gpuboot.toml", tree / "etc/gpuboot/gpuboot.toml")

    def _bake(self, tree, base):
        """As in the Dockerfile of an image builder: no GPU, no systemd, the tree's own compiler."""
        self.progress.step(f"baking {config.driver_tree()} for {config.KERNEL}")
        kept = self.cache.folder / f"bakes-{digest(base.name, config.pin())}"
        if kept.is_dir() and not self.fresh_bake:
            shutil.rmtree(tree / STORE, ignore_errors=True)
            copy(kept, tree / STORE)
        run_in(tree, "gpubootctl", "bake", "--kernel", config.KERNEL, note=self.progress.note)
        for old in self.cache.folder.glob("bakes-*"):
            shutil.rmtree(old)
        copy(tree / STORE, kept)
