# SPDX-License-Identifier: LGPL-2.1-or-later
"""An image with ten bakes and the package, on a machine with a GPU, booted without any phase: nothing of a driver
is live. With the phases the very same image is ready."""

import product
from guest import Scenario

PHASES = ("check", "rebuild", "recheck", "loader", "init", "device@", "bound@", "collect", "prebake", "foreign", "request")
POLICY = 'schema = 1\n[ready]\ntest = "bound"\n'
STORE = "/var/lib/gpuboot/bakes"


def machine(kit):
    script = f"""
        bake=$(ls -d {STORE}/*-6.1.0-50-*)
        for i in 1 2 3 4 5 6 7 8 9; do cp -a "$bake" "${{bake%?}}z$i"; done
        for phase in {' '.join(PHASES)}; do ln -s /dev/null /etc/systemd/system/gpuboot-$phase.service; done
        ln -s /dev/null /etc/systemd/system/gpuboot-request.path
    """
    return {"gpus": 1, "scenario": Scenario(script, {"/etc/gpuboot/gpuboot.toml": POLICY})}


def check(guest, checks):  # S2-08 S2-12 S2-15 S2-24 S2-28
    guest.wait_for_boot()
    checks.equal("ten bakes lie in the store", "10", guest.get(f"ls {STORE} | wc -l"))
    said = guest.run("gpubootctl audit", 120)  # the kit's initramfs is compressed by lz4
    checks.equal("an audit says what it cannot look into, and nothing else",
                 (3, ["initramfs"]), (said.status, [line.split()[0] for line in said.out.splitlines()[:-1]]))
    guest.get("for image in /boot/initrd*; do lz4 -dc $image | gzip -1 >/boot/new && mv /boot/new $image; done", 180)
    said = guest.run("gpubootctl audit", 120)
    checks.equal("an audit finds nothing", (0, "clean: nothing of a GPU driver is live in this tree"),
                 (said.status, said.out.strip()))
    # The same, asked for without gpuboot.
    checks.equal("no module is live", "", product.live_modules(guest))
    alias = guest.read("/sys/bus/pci/devices/0010:00:00.0/modalias").strip()
    checks.equal("none would be loaded for the GPU", "", guest.get(f"modprobe -R '{alias}' 2>/dev/null | grep nvidia; :"))
    checks.equal("none by its name", "", guest.get("modprobe -n -v nvidia 2>/dev/null; :"))
    checks.equal("the loader knows no library", "", guest.get("ldconfig -p | grep -i -e libcuda -e nvidia; :"))
    checks.equal("no program is on PATH", "", guest.get("bash -lc 'compgen -c nvidia'; :"))
    checks.equal("nothing in the store gives rights", "", guest.get("find /var/lib/gpuboot /usr/lib/gpuboot -perm /6000 2>/dev/null; :"))
    checks.equal("no initramfs has a module", "",
                 guest.get("for image in /boot/initrd*; do lsinitramfs $image; done 2>/dev/null | grep 'nvidia.*[.]ko'; :", 180))
    checks.equal("no node is there", "", guest.get("ls -d /dev/nvidia* 2>/dev/null; :"))

    guest.get("rm /etc/systemd/system/gpuboot-*; systemctl daemon-reload; systemctl restart gpu-ready.target", 180)
    checks.true("with the phases the same image is ready", product.status(guest)[0]["ready"])
    checks.equal("and what gpuboot made is no leftover", 0, guest.run("gpubootctl audit", 120).status)
    guest.get("install -m 4755 /bin/true /usr/bin/nvidia-modprobe")
    said = guest.run("gpubootctl audit", 120)
    checks.equal("a program that gives rights is one", 3, said.status)
    checks.contains("with its path and owner", "setuid  /usr/bin/nvidia-modprobe  (owner: nobody", said.out)
