# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same disk on a machine without a GPU: the bake lies there and nothing shows it. Then a GPU is plugged in."""

import config
import product

ADDRESS = "0010:00:00.0"
WORK_SHARE = 0.15  # of the processor time of the whole boot: all of our units together

# Everything called nvidia that is neither source, nor in the store, nor the distribution's own kernel.
STRAY = r"""
find / -xdev \( -path /proc -o -path /sys -o -path /usr/src -o -path /var/lib/gpuboot -o -path /run/gpuboot \
    -o -path '/usr/lib/modules/*/kernel' -o -path '/var/lib/apt' \) -prune -o -iname '*nvidia*' -print
"""


def machine(kit):
    return {"gpus": 0}


def check(guest, checks):
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    check_boot_time(guest, checks)
    status, exit_status = product.status(guest)
    checks.equal("the verdict is idle", ("idle", "idle", ["no_gpu"]),
                 (status.get("state"), status.get("verdict"), product.codes(status.get("reasons", []))))
    checks.equal("and the exit status says so", 4, exit_status)
    checks.equal("the bus says so", ("idle", "idle", []),
                 tuple(product.manager(guest).get(name) for name in ("State", "Verdict", "Gpus")))
    check_inert(guest, checks)
    check_first_gpu(guest, checks)


def check_inert(guest, checks):  # S2-08 S2-11 V5
    checks.equal("no module is loaded", "", guest.get("grep -i nvidia /proc/modules; :"))
    checks.equal("no nvidia file lies on any search path", [], guest.get(STRAY).split())
    checks.true("modprobe finds no nvidia", guest.run("modprobe -n nvidia").status != 0)
    checks.equal("the loader knows no library of it", "", guest.get("ldconfig -p | grep -iE 'nvidia|cuda'; :"))
    checks.equal("no device node was made", "", guest.get("ls -d /dev/nvidia* 2>/dev/null; :"))
    checks.equal("nothing is active", "", guest.get("ls -d /run/gpuboot/active /run/gpuboot/ready 2>/dev/null; :"))
    checks.true("and yet the bake is there",
                guest.run(f"test -f /var/lib/gpuboot/bakes/*-{config.KERNEL}-*/modules/nvidia.ko").status == 0)
    checks.equal("nothing in the store is setuid or writable by others", "",
                 guest.get("find /var/lib/gpuboot/bakes ! -type l -perm /6022"))
    for unit in ("gpuboot-rebuild.service", "gpuboot-recheck.service", "gpuboot-init.service"):
        checks.equal(f"{unit} did not run", False, product.has_run(guest, unit))


def check_boot_time(guest, checks):
    checks.equal("gpu-ready.target is reached, for whoever waits for it", "active",
                 guest.properties("gpu-ready.target", "ActiveState")["ActiveState"])
    waited_for = guest.properties("multi-user.target", "After")["After"].split()
    checks.equal("the login prompt waits for no unit of ours", [], [u for u in waited_for if u.startswith("gpu")])
    work = guest.get("systemctl show -P CPUUsageNSec gpuboot-check.service gpubootd.service").split()
    busy = guest.get("awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat")  # hundredths of a second
    checks.at_most("the boot has little work with us: share", WORK_SHARE, sum(map(int, work)) / 1e9 / (int(busy) / 100))


def check_first_gpu(guest, checks):
    guest.get("echo 0 >/sys/module/virtual_gpu/parameters/plug")
    checks.true("a GPU plugged in later gets its driver",
                guest.until("test -e /run/gpuboot/ready -a -c /dev/nvidia0", 60))
    checks.equal("bound", "nvidia", product.bound_driver(guest, ADDRESS))
    checks.equal("from the bake, not compiled", False, product.has_run(guest, "gpuboot-rebuild.service"))
    checks.true("and the bus says ready", guest.until(
        "busctl get-property org.gpuboot1 /org/gpuboot1 org.gpuboot1.Manager State | grep -q ready"),
        product.manager(guest))
    checks.equal("no unit failed", "", guest.get("systemctl --failed --no-legend --plain"))
