# SPDX-License-Identifier: LGPL-2.1-or-later
"""GPUs that come and go: given to another driver and back, their driver taken out and loaded again by hand, a
phase that is killed, sleep, trouble, a thousand events in a row, and another kernel by kexec."""

import json

import product
from guest import KernelHung, Scenario

FIRST, SECOND = "0010:00:00.0", "0011:00:00.0"
PATH = {FIRST: "/org/gpuboot1/gpu/_30010_3a00_3a00_2e0", SECOND: "/org/gpuboot1/gpu/_30011_3a00_3a00_2e0"}
PROBE = "/usr/libexec/gpuboot/gpuboot-probe"
OTHER = "vfio-pci"
EVENTS = 1000


def machine(kit):
    return {"gpus": 2, "scenario": Scenario()}


def check(guest, checks):
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    checks.equal("both GPUs are ready", {FIRST: "ready", SECOND: "ready"}, states(guest))
    check_given_away(guest, checks)
    check_taken_out(guest, checks)
    check_killed_phase(guest, checks)
    check_slept(guest, checks)
    check_trouble(guest, checks)
    check_storm(guest, checks)
    checks.equal("no unit failed", "", guest.get("systemctl --failed --no-legend --plain"))
    check_kexec(guest, checks)


def states(guest):
    return {address: gpu["State"] for address, gpu in product.bus_gpus(guest).items()}


def becomes(guest, address, state, seconds=30):
    return guest.until(f"busctl get-property org.gpuboot1 {PATH[address]} org.gpuboot1.Gpu State "
                       f"| grep -q '\"{state}\"'", seconds)


def machine_becomes(guest, state, seconds=30):
    return guest.until("busctl get-property org.gpuboot1 /org/gpuboot1 org.gpuboot1.Manager State "
                       f"| grep -q '\"{state}\"'", seconds)


def check_given_away(guest, checks):
    """P16: a GPU that another driver wants goes without a trace, and comes back as it was."""
    device = f"/sys/bus/pci/devices/{SECOND}"
    put_behind_iommu(guest, checks)
    guest.get(f"modprobe {OTHER}; echo {SECOND} >/sys/bus/pci/drivers/nvidia/unbind")
    checks.true("unbound, it is only present", becomes(guest, SECOND, "present"), states(guest))
    checks.true("and its node goes", guest.until("! test -e /dev/nvidia1 && ! test -L /dev/char/195:1"))
    checks.true("containers get it no more", guest.until("! grep -q /dev/nvidia1 /run/cdi/gpuboot.json"))
    guest.get(f"echo {OTHER} >{device}/driver_override; echo {SECOND} >/sys/bus/pci/drivers_probe")
    checks.equal("the other driver has it", OTHER, product.bound_driver(guest, SECOND))
    checks.true("it is left alone",
                guest.until(f"systemctl -q is-active gpuboot-device@{SECOND}.service")
                and states(guest) == {FIRST: "ready", SECOND: "present"}, states(guest))
    told = product.reason((product.report(guest, f"device-{SECOND}") or {}).get("reasons", []), "gpu_left_alone")
    checks.equal("with a word on who has it", (SECOND, OTHER), (told["subject"], told["found"]))
    checks.equal("and stays with it", OTHER, product.bound_driver(guest, SECOND))
    checks.true("without a node", guest.run("test -e /dev/nvidia1").status != 0)
    guest.get(f"echo {SECOND} >{device}/driver/unbind; echo >{device}/driver_override; "
              f"echo {SECOND} >/sys/bus/pci/drivers_probe")
    checks.true("given back, it is ready again", becomes(guest, SECOND, "ready"), states(guest))
    checks.equal("with its node", product.wanted_node("/dev/nvidia1", 195, 1), product.node(guest, "/dev/nvidia1"))
    checks.true("and containers get it", guest.until("grep -q /dev/nvidia1 /run/cdi/gpuboot.json"))
    checks.equal("the machine was ready all the time", "ready", product.manager(guest)["State"])


def put_behind_iommu(guest, checks):
    """Where vfio-pci takes it; no emulated IOMMU knows of hardware that the guest itself makes."""
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/unplug")
    checks.true("pulled, its node goes", guest.until("! test -e /dev/nvidia1"))
    guest.get("modprobe virtual_iommu; echo 1 >/sys/module/virtual_gpu/parameters/plug")
    checks.true("it is in a group now", guest.run(f"test -e /sys/bus/pci/devices/{SECOND}/iommu_group").status == 0)
    checks.true("plugged in again, it is ready", guest.until("test -c /dev/nvidia1") and becomes(guest, SECOND, "ready"),
                states(guest))


def check_taken_out(guest, checks):
    """Somebody unloads the driver, then loads it again; nothing of ours fights that."""
    order = guest.get("lsmod | awk '$1 ~ /^nvidia/ { print $1 }'").split()
    guest.get("for module in nvidia_uvm nvidia_modeset nvidia; do rmmod $module; done")
    checks.true("a driver that was taken out is missed", machine_becomes(guest, "unloaded", 5),
                product.manager(guest)["State"])
    checks.true("its GPUs are only present",
                becomes(guest, FIRST, "present") and becomes(guest, SECOND, "present"), states(guest))
    checks.true("nothing says that a GPU is ready", guest.until("! test -e /run/gpuboot/ready"))
    checks.true("containers are told of none", guest.until("! test -e /run/cdi/gpuboot.json"))
    checks.equal("status says so", "unloaded", product.status(guest)[0]["state"])
    guest.get("cd /run/gpuboot/active/modules; insmod nvidia.ko; insmod nvidia-uvm.ko; insmod nvidia-modeset.ko")
    checks.true("loaded again, the machine is ready", machine_becomes(guest, "ready", 60),
                product.manager(guest)["State"])
    checks.true("and so are its GPUs", becomes(guest, FIRST, "ready") and becomes(guest, SECOND, "ready"),
                states(guest))
    checks.equal("the same modules are live", sorted(order),
                 sorted(guest.get("lsmod | awk '$1 ~ /^nvidia/ { print $1 }'").split()))
    checks.true("containers get both", guest.until("grep -q /dev/nvidia1 /run/cdi/gpuboot.json"))


def check_killed_phase(guest, checks):  # F-14
    """Killed while it waits for a driver that nobody binds; the GPU is bound later, by hand."""
    unit = f"gpuboot-device@{SECOND}.service"
    guest.get(f"echo {SECOND} >/sys/bus/pci/drivers/nvidia/unbind")
    checks.true("unbound", becomes(guest, SECOND, "present"), states(guest))
    guest.get(f"udevadm trigger --action=add /sys/bus/pci/devices/{SECOND}")
    checks.true("a GPU that no driver takes is waited for", becomes(guest, SECOND, "initialising"), states(guest))
    guest.get(f"systemctl kill -s KILL {unit}")
    checks.true("its phase killed, it has failed", becomes(guest, SECOND, "failed"), states(guest))
    reasons = (product.report(guest, f"device-{SECOND}") or {}).get("reasons", [])
    checks.equal("and the report says how", [("step_failed", "signal")],
                 [(reason["code"], reason["found"]) for reason in reasons])
    guest.get(f"systemctl reset-failed {unit}; echo {SECOND} >/sys/bus/pci/drivers_probe")
    checks.true("bound later, it is ready all the same", becomes(guest, SECOND, "ready"), states(guest))
    check_killed_in_test(guest, checks, unit)


def check_killed_in_test(guest, checks, unit):  # F-14
    """Killed once its node is there, in a test of the GPU that takes long; then pulled."""
    drop_in, policy = f"/run/systemd/system/{unit}.d/test.conf", "/etc/gpuboot/gpuboot.toml.d/test.toml"
    guest.get(f"printf '#!/bin/sh\\nexec sleep 1000\\n' >/opt/slow-probe; chmod 755 /opt/slow-probe; "
              f"mkdir -p $(dirname {drop_in}) $(dirname {policy}); "
              f"printf 'schema = 1\\n[ready]\\ntest = \"open\"\\n' >{policy}; "
              f"printf '[Service]\\nBindReadOnlyPaths=/opt/slow-probe:{PROBE}\\n' >{drop_in}; "
              f"systemctl daemon-reload; systemctl stop {unit}")
    checks.true("its unit stopped, its node is gone", guest.run("test -e /dev/nvidia1").status != 0)
    guest.get(f"systemctl start --no-block {unit}")
    checks.true("in the test its node is there", guest.until("test -c /dev/nvidia1 -a -L /dev/char/195:1"))
    guest.get(f"systemctl kill -s KILL {unit}")
    checks.true("its phase killed in the test, it has failed", becomes(guest, SECOND, "failed"), states(guest))
    checks.true("and nothing of it is left", guest.run("test -e /dev/nvidia1 -o -L /dev/char/195:1").status != 0)
    checks.true("nor in the CDI spec", guest.run("grep -q /dev/nvidia1 /run/cdi/gpuboot.json").status != 0)
    checks.equal("the other serves on", "ready", states(guest)[FIRST])
    guest.get(f"rm {drop_in} {policy}; systemctl daemon-reload; echo 1 >/sys/module/virtual_gpu/parameters/unplug")
    checks.true("pulled, it is gone", guest.until("! busctl --list tree org.gpuboot1 | grep -q gpu/.*0011"))
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/plug")
    checks.true("plugged in again, it is ready", becomes(guest, SECOND, "ready"), states(guest))


def init_runs(guest):
    return int(guest.get("journalctl -b -u gpuboot-init.service -o cat JOB_TYPE=start JOB_RESULT=done | wc -l"))


def check_slept(guest, checks):
    before = init_runs(guest)
    checks.equal("it sleeps, and wakes up", 0, guest.sleeps(120).status)
    checks.true("after sleep its GPUs are asked whether they serve",
                guest.until("[ $(journalctl -b -u gpuboot-init.service -o cat JOB_TYPE=start JOB_RESULT=done "
                            f"| wc -l) -gt {before} ]", 60))
    checks.true("and they do", machine_becomes(guest, "ready", 60), product.manager(guest)["State"])
    checks.equal("both", {FIRST: "ready", SECOND: "ready"}, states(guest))


def check_trouble(guest, checks):  # F-88 F-89
    """The driver's line is the kernel's own, though our module writes it; who holds the GPU is a real process."""
    hold = 'use Fcntl; sysopen(F, "/dev/nvidia1", 010000000) or die; sleep 100000'  # O_PATH: nothing else opens it
    pid = guest.get(f"perl -e '{hold}' >/dev/null 2>&1 & echo $!")
    checks.true("a process has the GPU", guest.until(f"ls -l /proc/{pid}/fd | grep -q nvidia1"))
    for line, code, found in (
            (f"NVRM: Attempting to remove device {SECOND} with non-zero usage count!", "gpu_removal_waits",
             f"perl (pid {pid}"),
            ("NVRM: Xid (PCI:0011:00:00): 79, GPU has fallen off the bus.", "gpu_fell_off", "Xid (PCI:0011:00:00): 79")):
        guest.get(f"echo '{line}' >/sys/module/virtual_gpu/parameters/say")
        checks.true(f"{code}: the GPU has failed", becomes(guest, SECOND, "failed"), states(guest))
        reason = product.reason((product.report(guest, f"device-{SECOND}") or {}).get("reasons", []), code)
        checks.contains(f"{code}: and the report says it", found, reason["found"])
        checks.true(f"{code}: no container gets it", guest.run("grep -q /dev/nvidia1 /run/cdi/gpuboot.json").status != 0)
        checks.equal(f"{code}: the other is as before", "ready", states(guest)[FIRST])
        guest.get(f"systemctl restart gpuboot-device@{SECOND}.service")
        checks.true("tested again, it is ready", becomes(guest, SECOND, "ready"), states(guest))
    guest.get(f"kill {pid}")


def check_storm(guest, checks):
    """F-131 F-133: memory and descriptors as before, no ghost, the last state right."""
    before = resources(guest)
    script = f"""cd /sys/module/virtual_gpu/parameters
        i=0; while [ $i -lt {EVENTS // 2} ]; do echo 1 >unplug; echo 1 >plug; i=$((i + 1)); done"""
    guest.get(f"{script}; udevadm settle --timeout=300", 900)
    checks.true("after a thousand events the GPU that stayed is ready", becomes(guest, SECOND, "ready", 120),
                states(guest))
    checks.true("no job of systemd's is left", guest.until("[ -z \"$(systemctl list-jobs --no-legend)\" ]", 120))
    checks.equal("both GPUs are ready", {FIRST: "ready", SECOND: "ready"}, states(guest))
    checks.equal("the node is right", product.wanted_node("/dev/nvidia1", 195, 1),
                 product.node(guest, "/dev/nvidia1"))
    checks.true("containers get both", guest.until("grep -q /dev/nvidia1 /run/cdi/gpuboot.json"))
    names = [device["name"] for device in json.loads(guest.read("/run/cdi/gpuboot.json"))["devices"]]
    checks.equal("each once", ["0", "1", "all"], sorted(names))
    after = resources(guest)
    checks.equal("the daemon has no more files open", before["fds"], after["fds"])
    checks.at_most("and has grown by less than a megabyte", 1024, after["kib"] - before["kib"])
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/unplug")
    checks.true("pulled for good, it is gone",
                guest.until("! busctl --list tree org.gpuboot1 | grep -q gpu/.*0011 && ! test -e /dev/nvidia1"))


def resources(guest):
    pid = guest.properties("gpubootd.service", "MainPID")["MainPID"]
    kib = guest.get(f"awk '/^Private_Dirty:/ {{ sum += $2 }} END {{ print sum }}' /proc/{pid}/smaps_rollup")
    return {"fds": int(guest.get(f"ls /proc/{pid}/fd | wc -l")), "kib": int(kib)}


def check_kexec(guest, checks):
    """Another kernel on the same hardware, which no firmware has set back in between."""
    try:
        before, state = starts_another_kernel(guest)
    except KernelHung as error:
        checks.say(f"kexec: {error}; tried again after a power cycle")
        guest.restart()
        guest.wait_for_boot()
        before, state = starts_another_kernel(guest)
    checks.equal("after kexec the machine boots without a failed unit", "running", state)
    checks.true("it is another boot", guest.read("/proc/sys/kernel/random/boot_id") != before)
    checks.true("and ready as after any", machine_becomes(guest, "ready", 60), product.manager(guest)["State"])
    checks.true("with every GPU", all(state == "ready" for state in states(guest).values()), states(guest))


def starts_another_kernel(guest):
    """The boot that it ends, and the state of the one that it begins."""
    before = guest.read("/proc/sys/kernel/random/boot_id")
    guest.get("kexec -l /boot/vmlinuz-$(uname -r) --initrd=/boot/initrd.img-$(uname -r) --reuse-cmdline", 120)
    return before, guest.reboots("systemctl --no-block kexec")
