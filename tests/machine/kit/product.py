# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reading gpuboot's answers from inside a guest, and what the kernel says of the same things."""

import json
import re

SERVICE, MANAGER_PATH = "org.gpuboot1", "/org/gpuboot1"


def status(guest):
    """`gpubootctl status --json`, and its exit status."""
    result = guest.run("gpubootctl status --json")
    return json.loads(result.out), result.status


def manager(guest):
    """All properties of the manager, as the bus shows them."""
    return bus_properties(guest, MANAGER_PATH, "org.gpuboot1.Manager")


def bus_properties(guest, path, interface):
    answer = guest.json(
        f"busctl --json=short call {SERVICE} {path} org.freedesktop.DBus.Properties GetAll s {interface}")
    return {name: value["data"] for name, value in answer["data"][0].items()}


def bus_gpus(guest):
    """Address to properties, for each GPU that ObjectManager lists."""
    answer = guest.json(
        f"busctl --json=short call {SERVICE} {MANAGER_PATH} org.freedesktop.DBus.ObjectManager GetManagedObjects")
    gpus = [objects["org.gpuboot1.Gpu"] for objects in answer["data"][0].values() if "org.gpuboot1.Gpu" in objects]
    flat = [{name: value["data"] for name, value in gpu.items()} for gpu in gpus]
    return {gpu["Address"]: gpu for gpu in flat}


def report(guest, phase):
    """What a phase of this boot found and did; None when it did not run."""
    text = guest.run(f"cat /run/gpuboot/report/{phase}.json").out
    return json.loads(text) if text else None


def reason(reasons, code):
    """The first reason of that code; an empty one when there is none."""
    return next((entry for entry in reasons if entry["code"] == code),
                dict.fromkeys(("code", "subject", "wanted", "found", "text"), ""))


def codes(reasons):
    return sorted({entry["code"] for entry in reasons})


def has_run(guest, unit):
    """Whether a unit's program was started in this boot."""
    return guest.properties(unit, "ExecMainStartTimestampMonotonic")["ExecMainStartTimestampMonotonic"] != "0"


def live_modules(guest):
    return guest.get("cd /sys/module; for m in nvidia*; do [ -f $m/initstate ] && echo $m $(cat $m/initstate); done; :")


def loaded_version(guest):
    """The version in /proc/driver/nvidia/version."""
    match = re.search(r"Kernel Module.*?\s(\d[\d.]+)\s", guest.read("/proc/driver/nvidia/version"))
    return match[1] if match else ""


def bound_driver(guest, address):
    return guest.get(f"basename $(readlink /sys/bus/pci/devices/{address}/driver || echo none)")


def major(guest, name):
    """A character device's major by its exact name in /proc/devices."""
    return int(guest.get(f"awk '$2 == \"{name}\" {{ print $1; exit }}' /proc/devices") or -1)


def node(guest, path):
    """Type, major, minor, mode and owner of a device node, and where /dev/char points for it."""
    text = guest.get(f"stat -c '%F %Hr:%Lr %a %u:%g' {path} 2>&1; :")
    numbers = re.search(r"\d+:\d+", text)
    link = guest.run(f"readlink -e /dev/char/{numbers[0]}").out.strip() if numbers else ""
    return f"{text} {link}"


def wanted_node(path, major_number, minor, mode=0o666):
    """How node() describes one that is right under the driver's default parameters."""
    return f"character special file {major_number}:{minor} {mode:o} 0:0 {path}"


def cdi_devices(guest):
    """The devices that container runtimes are told of: name to node paths with their numbers; {} without a spec."""
    text = guest.run("cat /run/cdi/gpuboot.json").out
    spec = json.loads(text) if text else {"devices": []}
    return {device["name"]: [(node["path"], node["major"], node["minor"])
                             for node in device["containerEdits"]["deviceNodes"]] for device in spec["devices"]}


def capabilities(guest):
    """Minor and mode of each node below /dev/nvidia-caps, as the driver's own files say."""
    texts = guest.get("for file in $(find /proc/driver/nvidia*/capabilities -type f); do "
                      "awk -v ORS=' ' '/Minor|DeviceFileMode/ { print $2 }' $file; echo; done")
    return [tuple(map(int, line.split())) for line in texts.splitlines()]
