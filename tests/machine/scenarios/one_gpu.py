# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cold boot with one GPU and a fitting bake; then its daemon is killed, and a second GPU comes and goes.

The machine has no compiler at all, so whatever loads there was compiled before.
"""

import json
import os

import config
import product
from guest import Scenario

FIRST, SECOND = "0010:00:00.0", "0011:00:00.0"
NO_COMPILER = "rm -f /usr/bin/make /usr/bin/cc /usr/bin/gcc* /usr/bin/*-linux-gnu-gcc* /usr/bin/ld*"


def machine(kit):
    return {"gpus": 1, "scenario": Scenario(NO_COMPILER)}


def check(guest, checks):
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    check_fast_path(guest, checks)
    check_modules(guest, checks)
    check_nodes(guest, checks)
    check_capabilities(guest, checks)
    check_repair(guest, checks)
    check_cdi(guest, checks)
    check_instances(guest, checks)
    check_agreement(guest, checks)
    check_killed_daemon(guest, checks)
    check_second_gpu(guest, checks)


def check_fast_path(guest, checks):  # S1-12 S1-30 F-83
    report = product.report(guest, "check") or {}
    checks.equal("the check found a bake that fits", "fast", report.get("before", {}).get("verdict"))
    checks.equal("and afterwards the driver is live", ("ready", []), (report.get("verdict"), report.get("reasons")))
    checks.true("the bake is for this kernel and driver",
                report.get("bake", "").startswith(f"{config.pin()['driver']['version']}-open-{config.KERNEL}-"),
                report.get("bake"))
    for unit in ("gpuboot-rebuild.service", "gpuboot-recheck.service"):
        checks.equal(f"{unit} did not run", False, product.has_run(guest, unit))
    checks.equal("gpu-ready.target is reached", "active",
                 guest.properties("gpu-ready.target", "ActiveState")["ActiveState"])
    checks.true("/run/gpuboot/ready stands", guest.run("test -f /run/gpuboot/ready").status == 0)


def check_modules(guest, checks):
    live = product.live_modules(guest)
    for module in ("nvidia", "nvidia_uvm", "nvidia_modeset"):
        checks.contains(f"{module} is live", f"{module} live", live)
    checks.equal("the pinned version runs", config.pin()["driver"]["version"], product.loaded_version(guest))
    checks.equal("the driver is bound to the GPU", "nvidia", product.bound_driver(guest, FIRST))
    active = guest.get("readlink -f /run/gpuboot/active")
    marker = guest.read(f"{active}/marker.toml")
    checks.contains("what runs is what the bake's marker names", guest.read("/sys/module/nvidia/srcversion"), marker)


def check_nodes(guest, checks):  # S1-03
    uvm = product.major(guest, "nvidia-uvm")
    wanted = {"/dev/nvidiactl": (195, 255), "/dev/nvidia0": (195, 0), "/dev/nvidia-modeset": (195, 254),
              "/dev/nvidia-uvm": (uvm, 0), "/dev/nvidia-uvm-tools": (uvm, 1)}
    for path, numbers in wanted.items():
        checks.equal(f"{path} and its /dev/char link are right",
                     product.wanted_node(path, *numbers), product.node(guest, path))
    parameters = guest.read("/proc/driver/nvidia/params")
    checks.contains("and 666 is what the driver asks for", f"DeviceFileMode: {0o666}\n", parameters)


def check_capabilities(guest, checks):  # S1-03
    major, found = product.major(guest, "nvidia-caps"), product.capabilities(guest)
    checks.true("the driver offers MIG's and the fabric's capabilities", len(found) >= 3, found)
    for minor, mode in found:
        path = f"/dev/nvidia-caps/nvidia-cap{minor}"
        checks.equal(f"{path} and its link are right", product.wanted_node(path, major, minor, mode),
                     product.node(guest, path))
    checks.equal("so is NVLink's node", product.wanted_node("/dev/nvidia-nvlink", product.major(guest, "nvidia-nvlink"), 0),
                 product.node(guest, "/dev/nvidia-nvlink"))


def check_repair(guest, checks):
    """P14: nodes and links of an earlier load, a mode that lets anybody in, a capability of nothing."""
    caps, uvm = product.major(guest, "nvidia-caps"), product.major(guest, "nvidia-uvm")
    guest.get(f"""set -e
        rm /dev/nvidia-uvm && mknod /dev/nvidia-uvm c 99 0
        ln -s ../nvidia-uvm /dev/char/99:0
        ln -s ../nvidia9 /dev/char/195:9
        ln -s ../nvidia-caps/nvidia-cap77 /dev/char/{caps}:77
        mknod /dev/nvidia-caps/nvidia-cap77 c {caps} 77
        chmod 0666 /dev/nvidia-caps/nvidia-cap1
        systemctl start gpuboot-init.service""")
    checks.equal("a capability that anybody could open is root's again",
                 product.wanted_node("/dev/nvidia-caps/nvidia-cap1", caps, 1, 0o400),
                 product.node(guest, "/dev/nvidia-caps/nvidia-cap1"))
    checks.equal("a node of another major is right again", product.wanted_node("/dev/nvidia-uvm", uvm, 0),
                 product.node(guest, "/dev/nvidia-uvm"))
    left = guest.get(f"ls -d /dev/nvidia-caps/nvidia-cap77 /dev/char/{caps}:77 /dev/char/99:0 /dev/char/195:9 "
                     "2>/dev/null; :")
    checks.equal("and nothing is left of what was", "", left)
    guest.get(f"ln -s ../nvidia-caps/nvidia-cap78 /dev/char/{caps}:78; mknod /dev/nvidia-caps/nvidia-cap78 c {caps} 78")
    checks.true("what comes among the capabilities is looked at by itself", guest.until(
        f"! test -e /dev/nvidia-caps/nvidia-cap78 && ! test -L /dev/char/{caps}:78"))


def check_instances(guest, checks):  # P11
    """MIG's instances as its driver would show them, in place of a real one's: no node is made by anybody else."""
    caps, shown, fake = product.major(guest, "nvidia-caps"), "/proc/driver/nvidia/capabilities", "/run/capabilities"
    access = "printf 'DeviceFileMinor: %d\nDeviceFileMode: 292\nDeviceFileModify: 1\n'"
    made = ["/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap31"]
    units, drop_in = ("gpuboot-watch", "gpuboot-refresh"), f"[Service]\\nBindReadOnlyPaths={fake}:{shown}\\n"
    guest.get(f"cp -r {shown} {fake}; mkdir -p {fake}/gpu0/mig; " + "".join(
        f"mkdir -p /run/systemd/system/{unit}.service.d; printf '{drop_in}' >/run/systemd/system/{unit}.service.d/mig.conf; "
        for unit in units) + "systemctl daemon-reload; systemctl restart gpuboot-watch.service")
    guest.get(f"mkdir -p {fake}/gpu0/mig/gi1/ci0; {access} 30 >{fake}/gpu0/mig/gi1/access; "
              f"{access} 31 >{fake}/gpu0/mig/gi1/ci0/access")
    told = guest.until("grep -q '0:gi1:ci0' /run/cdi/gpuboot.json")
    checks.true("an instance that is made is told to containers", told, guest.read("/run/cdi/gpuboot.json"))
    for minor, path in zip((30, 31), made):
        checks.equal(f"{path} and its link are right", product.wanted_node(path, caps, minor, 0o444),
                     product.node(guest, path))
    guest.get(f"rm -r {fake}/gpu0/mig/gi1")
    begin = guest.get("date +%s%N")
    gone = guest.until("! grep -q gi1 /run/cdi/gpuboot.json && ! ls " + " ".join(made))
    checks.true("one that is destroyed is told no more, and its nodes go", gone, guest.read("/run/cdi/gpuboot.json"))
    checks.say(f"after {(int(guest.get('date +%s%N')) - int(begin)) / 1e9:.1f} s")
    guest.get(f"rm -r /run/systemd/system/gpuboot-*.service.d; systemctl daemon-reload; "
              f"systemctl restart gpuboot-watch.service; rm -r {fake}")


GPU_0, GPU_1 = ("/dev/nvidia0", 195, 0), ("/dev/nvidia1", 195, 1)


def check_cdi(guest, checks):  # P11 P14
    checks.equal("containers are told of the GPU", {"0": [GPU_0], "all": [GPU_0]}, product.cdi_devices(guest))
    shared = json.loads(guest.read("/run/cdi/gpuboot.json"))["containerEdits"]["deviceNodes"]
    uvm = product.major(guest, "nvidia-uvm")
    checks.equal("and of the nodes that come with any",
                 {("/dev/nvidiactl", 195, 255), ("/dev/nvidia-modeset", 195, 254), ("/dev/nvidia-uvm", uvm, 0),
                  ("/dev/nvidia-uvm-tools", uvm, 1)},
                 {(node["path"], node["major"], node["minor"]) for node in shared})


def check_agreement(guest, checks):
    """The bus, the command line and the kernel say the same."""
    version, kernel = product.loaded_version(guest), guest.get("uname -r")
    bake = os.path.basename(guest.get("readlink /run/gpuboot/active"))
    bus = product.manager(guest)
    found = {name: bus.get(name) for name in ("State", "Verdict", "DriverVersion", "Kind", "Kernel", "Bake")}
    checks.equal("the bus agrees with the kernel",
                 {"State": "ready", "Verdict": "ready", "DriverVersion": version, "Kind": "open", "Kernel": kernel,
                  "Bake": bake}, found)
    status, exit_status = product.status(guest)
    found = [status.get(name) for name in ("state", "verdict", "driver", "kernel", "bake", "ready", "source")]
    checks.equal("gpubootctl status --json agrees with the kernel",
                 ["ready", "ready", {"version": version, "kind": "open"}, kernel, bake, True, "bus"], found)
    checks.equal("and its exit status says ready", 0, exit_status)
    information = guest.read(f"/proc/driver/nvidia/gpus/{FIRST}/information")
    checks.contains("the kernel's GPU has minor 0", "Device Minor: \t 0", information)
    checks.equal("the bus shows that GPU", wanted_gpu(FIRST, 0), product.bus_gpus(guest).get(FIRST))
    checks.equal("and status shows it", [{"address": FIRST, "pci_id": "10de:20b0", "driver": "nvidia", "minor": 0,
                                         "node": "/dev/nvidia0", "ready": True, "state": "ready"}], status.get("gpus"))


def wanted_gpu(address, minor):
    return {"Address": address, "PciId": "10de:20b0", "Driver": "nvidia", "Minor": minor,
            "Node": f"/dev/nvidia{minor}", "Ready": True, "State": "ready"}


def check_killed_daemon(guest, checks):  # F-14
    before = product.manager(guest)
    loaded = product.live_modules(guest)
    pid = guest.properties("gpubootd.service", "MainPID")["MainPID"]
    guest.get(f"kill -KILL {pid}")
    new = 'pid=$(systemctl show -P MainPID gpubootd.service) && [ "$pid" != 0 ] && ' \
          f'[ "$pid" != {pid} ] && systemctl -q is-active gpubootd.service'
    checks.true("a killed daemon comes back", guest.until(new))
    checks.equal("with the same state", before, product.manager(guest))
    checks.equal("and the same GPU", {FIRST: wanted_gpu(FIRST, 0)}, product.bus_gpus(guest))
    checks.equal("no module went", loaded, product.live_modules(guest))
    checks.equal("the GPU stayed ready", "nvidia", product.bound_driver(guest, FIRST))
    checks.true("and its stamp stands", guest.run("test -f /run/gpuboot/ready && test -c /dev/nvidia0").status == 0)


def check_second_gpu(guest, checks):  # F-131 F-133
    for turn in ("hot-add", "hot-add again"):
        guest.get("echo 1 >/sys/module/virtual_gpu/parameters/plug")
        checks.true(f"{turn}: its unit starts", guest.until(f"systemctl -q is-active gpuboot-device@{SECOND}.service"))
        checks.equal(f"{turn}: the driver is bound", "nvidia", product.bound_driver(guest, SECOND))
        checks.equal(f"{turn}: the node is there",
                     product.wanted_node("/dev/nvidia1", 195, 1), product.node(guest, "/dev/nvidia1"))
        checks.true(f"{turn}: the bus shows it", on_bus(guest, True), product.bus_gpus(guest))
        checks.equal(f"{turn}: the bus shows both GPUs",
                     {FIRST: wanted_gpu(FIRST, 0), SECOND: wanted_gpu(SECOND, 1)}, product.bus_gpus(guest))
        checks.true(f"{turn}: containers are told of both",
                    guest.until("grep -q /dev/nvidia1 /run/cdi/gpuboot.json"))
        checks.equal(f"{turn}: by index and all", {"0": [GPU_0], "1": [GPU_1], "all": [GPU_0, GPU_1]},
                     product.cdi_devices(guest))
        guest.get("echo 1 >/sys/module/virtual_gpu/parameters/unplug")
        checks.true(f"{turn}, removed: the node is gone", guest.until("! test -e /dev/nvidia1"))
        checks.equal(f"{turn}, removed: containers get it no more", {"0": [GPU_0], "all": [GPU_0]},
                     product.cdi_devices(guest))
        checks.true(f"{turn}, removed: its link, too", guest.run("test -L /dev/char/195:1").status != 0)
        checks.true(f"{turn}, removed: the bus has forgotten it", on_bus(guest, False), product.bus_gpus(guest))
    checks.equal("the first GPU is as before", {FIRST: wanted_gpu(FIRST, 0)}, product.bus_gpus(guest))
    checks.equal("the machine is still ready", "ready", product.manager(guest).get("State"))
    checks.equal("no unit failed", "", guest.get("systemctl --failed --no-legend --plain"))


def on_bus(guest, wanted):
    """Whether the second GPU's object comes, and says ready, or goes."""
    if not wanted:
        return guest.until("! busctl --list tree org.gpuboot1 | grep -q gpu/.*0011")
    path = "/org/gpuboot1/gpu/_30011_3a00_3a00_2e0"  # sd_bus_path_encode(3) of its address
    return guest.until(f"busctl get-property org.gpuboot1 {path} org.gpuboot1.Gpu Ready | grep -q true")
