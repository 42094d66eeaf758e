# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units that policy names: a deferred one that hangs moves nothing, a critical one that fails is fatal, and one
that is not there is named. An NVSwitch makes the fabric manager critical without policy's word."""

import subprocess

import config
import product
from guest import Scenario

POLICY = """schema = 1
[ready]
test = "bound"
[driver]
persistence = "hold"
[units]
critical = ["device-plugin.service"]
deferred = ["dcgm.service", "exporter-that-nobody-installed.service"]
"""
PLUGIN = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
HANGS = "[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity\n"
FAILS = "[Service]\nExecStart=\nExecStart=/bin/false\n"
SILENT = "[Service]\nExecStart=\nExecStart=/bin/sleep infinity\nTimeoutStartSec=2\n"
DROP_IN = "/run/systemd/system/device-plugin.service.d/test.conf"
NVML = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so"


def machine(kit):
    stand_in = kit.logs / "libnvidia-ml.so"
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", "-o", stand_in,
                    config.TOP / "tests/unit/execute/nvml_stand_in.cpp"], check=True)
    return {"gpus": 1, "scenario": Scenario(files={
        "/opt/nvml/libnvidia-ml.so": stand_in,
        "/etc/gpuboot/gpuboot.toml": POLICY,
        "/usr/lib/systemd/system/device-plugin.service": PLUGIN,
        "/usr/lib/systemd/system/dcgm.service": HANGS,
    })}


def check(guest, checks):
    # The hanging unit's job is there for ever, so "wait until no job is left" would be, too.
    guest.says_hello()
    checks.true("gpu-ready.target is reached", guest.until("systemctl -q is-active gpu-ready.target", 180))
    check_deferred(guest, checks)
    check_hold(guest, checks)
    check_critical(guest, checks)
    check_fabric(guest, checks)


def stamp(guest, unit, event):
    name = f"{event}TimestampMonotonic"
    return int(guest.properties(unit, name)[name])


def check_deferred(guest, checks):  # S3-05 S3-07
    checks.true("the one that hangs hangs",
                guest.until("systemctl show -P ActiveState dcgm.service | grep -qx activating"))
    checks.true("it began once gpu-ready.target was reached",
                stamp(guest, "dcgm.service", "InactiveExit") >= stamp(guest, "gpu-ready.target", "ActiveEnter"))
    checks.true("and no job waits for it", guest.until("[ \"$(systemctl list-jobs --no-legend | wc -l)\" = 1 ]"),
                guest.get("systemctl list-jobs --no-legend"))
    report = product.report(guest, "init") or {}
    enqueued = next((step for step in report.get("steps", []) if "dcgm.service" in step["text"]), {})
    checks.equal("init enqueued it", ("enqueue unit dcgm.service", "done"),
                 (enqueued.get("text"), enqueued.get("outcome")))
    checks.at_most("and waited for it no longer than a start takes", 5, enqueued.get("usec", 1e9) / 1e6)
    told = product.reason(report.get("reasons", []), "deferred_unit_missing")
    checks.equal("the one that is not there is named", "exporter-that-nobody-installed.service", told["subject"])
    checks.equal("and the machine is ready", ("ready", True), (report.get("verdict"), report.get("ready")))


def check_hold(guest, checks):  # P9
    checks.true("policy has a unit of ours hold the GPUs", guest.until("systemctl -q is-active gpuboot-hold.service"))
    guest.get("systemctl stop gpuboot-hold.service")


def init_again(guest):
    guest.run("systemctl start gpuboot-init.service", 120)
    return product.report(guest, "init") or {}


def fails(guest, checks, what, code, subject):
    report = init_again(guest)
    checks.equal(f"{what}: the machine is blocked", "blocked", report.get("verdict"))
    checks.equal(f"{what}: the unit is named", subject, product.reason(report.get("reasons", []), code)["subject"])
    checks.true(f"{what}: no stamp says ready", guest.run("test -e /run/gpuboot/ready").status != 0)
    return product.reason(report.get("reasons", []), code)


def check_critical(guest, checks):  # S3-06
    unit = "device-plugin.service"
    guest.get(f"mkdir -p $(dirname {DROP_IN}); printf '{FAILS}' >{DROP_IN}; systemctl daemon-reload; "
              f"systemctl stop {unit}; systemctl stop gpu-ready.target")
    fails(guest, checks, "a device plugin that fails", "unit_failed", unit)
    guest.run("systemctl start gpu-ready.target", 120)
    checks.true("and gpu-ready.target is not reached", guest.run("systemctl -q is-active gpu-ready.target").status != 0)
    guest.get(f"printf '{SILENT}' >{DROP_IN}; systemctl daemon-reload; systemctl stop {unit}")
    fails(guest, checks, "one that never gets there", "unit_failed", unit)
    guest.get(f"systemctl stop {unit}; systemctl mask --runtime {unit}")
    told = fails(guest, checks, "one that is masked", "critical_unit_missing", unit)
    checks.equal("as what it is", "masked", told["found"])
    guest.get(f"rm {DROP_IN}; systemctl unmask --runtime {unit}; systemctl daemon-reload")
    checks.equal("all is well again with the unit", "ready", init_again(guest).get("verdict"))


def check_fabric(guest, checks):  # P16
    """The switch is on the bus alone, and its manager a script: no emulated machine has a fabric to manage."""
    manager, driver = "nvidia-fabricmanager.service", config.pin()["driver"]["version"]
    unit, program = f"/run/systemd/system/{manager}", "/usr/bin/nv-fabricmanager"
    checks.contains("without NVSwitches the report says why no fabric manager is needed",
                    "no fabric manager needed without NVSwitches", guest.get("gpubootctl why; :"))
    guest.get("cd /sys/module/virtual_gpu/parameters; echo 0x1af1 >device; echo 0x0680 >class; echo 1 >plug")
    told = fails(guest, checks, "an NVSwitch without its manager", "fabric_manager_missing", manager)
    checks.contains("what needs it is said", "1 NVSwitch", told["wanted"])
    guest.get(f"printf '{PLUGIN}' >{unit}; systemctl daemon-reload; "
              f"printf '#!/bin/sh\\necho Fabric Manager version is : 1.2.3\\n' >{program}; chmod 755 {program}")
    told = fails(guest, checks, "a manager of another version", "fabric_manager_differs", manager)
    checks.equal("both versions are said", (driver, "1.2.3"), (told["wanted"], told["found"]))
    checks.true("it was not even started", guest.run(f"systemctl -q is-active {manager}").status != 0)
    for what, script in (("of the driver's version", f"echo Fabric Manager version is : {driver}"),
                         ("that prints without end", "cat /dev/zero"), ("that never answers", "sleep infinity")):
        guest.get(f"systemctl stop {manager}; printf '#!/bin/sh\\nexec {script}\\n' >{program}")
        checks.equal(f"a manager {what}: ready", "ready", init_again(guest).get("verdict"))
        checks.true(f"a manager {what}: it runs", guest.run(f"systemctl -q is-active {manager}").status == 0)
    check_fabric_state(guest, checks, manager, driver)
    guest.get(f"systemctl stop {manager}; printf '[Service]\\nType=oneshot\\nExecStart=/bin/false\\n' >{unit}; "
              "systemctl daemon-reload")
    fails(guest, checks, "a manager that fails", "unit_failed", manager)


def check_fabric_state(guest, checks, manager, driver):  # P17
    """A manager that runs is not yet a fabric; NVML, which would tell, is one that answers as it is told."""
    guest.get(f"install /opt/nvml/libnvidia-ml.so {NVML}.{driver}; ln -s {NVML}.{driver} {NVML}.1; ldconfig; "
              "mkdir -p /run/nvml /etc/gpuboot/gpuboot.toml.d; cd /run/nvml; echo 2 >NVML_COUNT; echo 2 >NVML_FABRIC; "
              "printf 'schema = 1\\n[units]\\nfabric_timeout_seconds = 2\\n' >/etc/gpuboot/gpuboot.toml.d/fabric.toml")
    told = fails(guest, checks, "a GPU that is not in the fabric", "fabric_unready", manager)
    checks.equal("how far it is", "fabric: /dev/nvidia8 in progress", told["found"])
    guest.get("echo 3 >/run/nvml/NVML_FABRIC")
    checks.equal("in the fabric, all is well", "ready", init_again(guest).get("verdict"))
    guest.get(f"rm -r /run/nvml {NVML}.{driver} {NVML}.1 /etc/gpuboot/gpuboot.toml.d/fabric.toml; ldconfig")
