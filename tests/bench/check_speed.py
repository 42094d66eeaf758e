#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check_speed.py: how long the check takes, beside what a boot runs today and beside hashing alone.

In a Debian tree with our .deb, NVIDIA's real bake and a DKMS registration of the same driver, with a GPU written
into /sys, and over this machine's own /usr, because no GPU node has only a dozen libraries to cache, these run in
turn, from exec to exit, on a warm page cache:
  check    gpubootctl check: every gate of the boot's fast path
  today    ldconfig, dkms status, modinfo -k: what the fast path of images runs that are baked otherwise
  hashing  openssl dgst -sha256 of the bake's modules: no check that reads them once can be faster
Ends with 0 when the check is 10 times faster than today's, takes at most 1.5 times what hashing takes, and has a
processor for less than 10 ms on a machine without a GPU, and on one with a GPU that has opted out.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "machine/kit"))
import config  # noqa: E402
from cache import Cache  # noqa: E402
from image import Builder  # noqa: E402
from progress import Progress  # noqa: E402

ROUNDS = 15
FASTER_THAN_TODAY, SLOWER_THAN_HASHING = 10, 1.5
INERT = 10  # ms of the processor's time
GPU = "/sys/bus/pci/devices/0000:01:00.0"
# The host's kernel is not the one the driver was baked for; the check asks uname which one runs.
UNAME = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/utsname.h>
int uname(struct utsname *name) {
    int (*real)(struct utsname *) = (int (*)(struct utsname *)) dlsym(RTLD_NEXT, "uname");
    int result = real(name);
    strcpy(name->release, KERNEL);
    return result;
}
"""
AS_THERE = {"LD_PRELOAD": "/uname.so", "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}


class Tree:
    """A copy-on-write view of the machine tier's Debian; what is mounted goes with this process."""

    def __init__(self, lower, scratch):
        self.root = scratch / "root"
        self.root.mkdir()
        self._overlay(scratch / "tree", self.root, lower)
        self._overlay(scratch / "usr", self.root / "usr", f"{lower}/usr:/usr")
        self._mount("proc", self.root / "proc")
        self._mount("sysfs", self.root / "sys")
        for name in ("null", "urandom"):  # nothing more: no test deletes what it has not made
            (self.root / "dev" / name).touch()
            subprocess.run(["mount", "--bind", f"/dev/{name}", self.root / "dev" / name], check=True)

    @classmethod
    def _overlay(cls, scratch, where, lower):
        for name in ("upper", "work"):
            (scratch / name).mkdir(parents=True)
        cls._mount("overlay", where, "-o", f"lowerdir={lower},upperdir={scratch}/upper,workdir={scratch}/work")

    @staticmethod
    def _mount(kind, where, *options):
        subprocess.run(["mount", "-t", kind, *options, "none", where], check=True)

    def run(self, *command, **more):
        return subprocess.run(command, preexec_fn=lambda: (os.chroot(self.root), os.chdir("/")), text=True,
                              capture_output=True, **more)

    def sh(self, script):
        done = self.run("/bin/sh", "-ec", script)
        if done.returncode != 0:
            sys.exit(f"check_speed: {script}: {done.stderr or done.stdout}")
        return done.stdout

    def plug_in_a_gpu(self):
        self._mount("tmpfs", self.root / "sys/bus/pci/devices")
        self.sh(f"mkdir {GPU}; cd {GPU}; echo 0x10de >vendor; echo 0x20b0 >device; echo 0x030200 >class;"
                "echo PCI_SLOT_NAME=0000:01:00.0 >uevent; ln -s ../../../pci subsystem")
        subprocess.run(["gcc", "-shared", "-fPIC", f'-DKERNEL="{config.KERNEL}"', "-x", "c", "-", "-o",
                        self.root / "uname.so"], input=UNAME, text=True, check=True)

    def register_with_dkms(self, modules):
        """As `dkms install` leaves it: the compile itself, two minutes, adds nothing to what is measured."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["apt-get", "-qq", "download", "dkms"], cwd=folder, check=True)
            subprocess.run(["dpkg", "-x", next(Path(folder).glob("dkms_*.deb")), self.root], check=True)
        driver = config.pin()["driver"]
        name, version = driver["source"]["name"], driver["version"]
        built = f"/var/lib/dkms/{name}/{version}/{config.KERNEL}/x86_64/module"
        # Debian's recipe installs nvidia-uvm.ko under the package's name.
        self.sh(f"dkms add -m {name} -v {version}; mkdir -p {built} /lib/modules/{config.KERNEL}/updates/dkms;"
                f"for m in {modules}; do n=$(basename $m); n={name}${{n#nvidia}}; cp $m {built}/$n;"
                f"cp $m /lib/modules/{config.KERNEL}/updates/dkms/$n; done;"
                f"ln -s {version}/{config.KERNEL}/x86_64 /var/lib/dkms/{name}/kernel-{config.KERNEL}-x86_64;"
                f"depmod {config.KERNEL}")
        told = self.sh(f"dkms status -k {config.KERNEL}")
        if "installed" not in told:
            sys.exit(f"check_speed: dkms does not know the driver: {told}")

    def seconds(self, *command, environment=None):
        begin = time.perf_counter()
        done = self.run(*command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(environment or {})})
        took = time.perf_counter() - begin
        if done.returncode not in (0, 7):  # 7: a bake fits and is not active
            sys.exit(f"check_speed: {' '.join(command)}: {done.returncode}: {done.stdout}{done.stderr}")
        return took

    def work(self, *command):
        """Milliseconds of a processor's time, the start of the program and of this script's copy of itself with it."""
        def used():
            children = resource.getrusage(resource.RUSAGE_CHILDREN)
            return 1000 * (children.ru_utime + children.ru_stime)
        before = used()
        self.run(*command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        return used() - before


def inert(tree, status):
    """What a boot that wants no driver has of the check, all of ours that gpu-ready.target waits for there."""
    told = tree.run("gpubootctl", "check")
    if told.returncode != status:
        sys.exit(f"check_speed: wanted the exit status {status}, found {told.returncode}:\n{told.stdout}{told.stderr}")
    return [tree.work("gpubootctl", "check") for _ in range(ROUNDS)]


def one_round(tree, modules):
    return {
        "check": tree.seconds("gpubootctl", "check", environment=AS_THERE),
        "hashing": tree.seconds("openssl", "dgst", "-sha256", *modules),
        "ldconfig": tree.seconds("ldconfig"),
        "dkms status": tree.seconds("dkms", "status"),
        "modinfo": tree.seconds("modinfo", "-k", config.KERNEL, config.pin()["driver"]["source"]["name"]),
    }


def measure(tree):
    modules = tree.sh(f"ls /var/lib/gpuboot/bakes/*-open-{config.KERNEL}-*/modules/*.ko").split()
    modules = [module for module in modules if config.pin()["driver"]["version"] in module]
    idle = {"without a GPU": inert(tree, 4)}
    tree.plug_in_a_gpu()
    tree.sh("touch /etc/gpuboot/opt-out")
    idle["of a machine that has opted out"] = inert(tree, 5)
    tree.sh("rm /etc/gpuboot/opt-out")
    tree.sh("mkdir -p /lib/firmware/nvidia/{0}; : >/lib/firmware/nvidia/{0}/gsp_ga10x.bin".format(
        config.pin()["driver"]["version"]))
    told = tree.run("gpubootctl", "check", env=AS_THERE)
    if told.returncode != 7:
        sys.exit(f"check_speed: wanted a bake that fits, found:\n{told.stdout}{told.stderr}")
    if not shutil.which("openssl", path=str(tree.root / "usr/bin")):
        shutil.copy(shutil.which("openssl"), tree.root / "usr/bin/openssl")
    tree.register_with_dkms(" ".join(modules))
    return idle, [one_round(tree, modules) for _ in range(ROUNDS)]


def tell(idle, rounds):
    best = {name: 1000 * min(took[name] for took in rounds) for name in rounds[0]}
    today = ["ldconfig", "dkms status", "modinfo"]
    faster = statistics.median(sum(took[name] for name in today) / took["check"] for took in rounds)
    slower = statistics.median(took["check"] / took["hashing"] for took in rounds)
    print("best of", ROUNDS, "in ms:", ", ".join(f"{name} {took:.1f}" for name, took in best.items()))
    print(f"check: {faster:.1f} times faster than today's fast path (wanted {FASTER_THAN_TODAY})")
    print(f"check: {slower:.2f} times what hashing alone takes (at most {SLOWER_THAN_HASHING})")
    work = {name: statistics.median(taken) for name, taken in idle.items()}
    for name, taken in work.items():
        print(f"check {name}: {taken:.1f} ms of a processor (below {INERT})")
    return faster >= FASTER_THAN_TODAY and slower <= SLOWER_THAN_HASHING and max(work.values()) < INERT


def main():
    if "--inside" not in sys.argv:
        # A mount namespace of its own: nothing stays mounted, whatever happens.
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", __file__, "--inside"])
    image = Builder(Cache(config.cache_folder()), Progress()).image()
    with tempfile.TemporaryDirectory(dir=config.cache_folder()) as scratch:
        subprocess.run(["mount", "-t", "tmpfs", "none", scratch], check=True)
        try:
            good = tell(*measure(Tree(image.tree, Path(scratch))))
        finally:  # before the folder is deleted with all that is in it
            if subprocess.run(["umount", "--recursive", "--lazy", scratch]).returncode != 0:
                os._exit(1)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
