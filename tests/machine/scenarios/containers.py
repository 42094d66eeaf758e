# SPDX-License-Identifier: LGPL-2.1-or-later
"""podman, which knows no NVIDIA tool here: containers get GPUs by our CDI spec alone, and keep them."""

import json
import re
import shlex

import config
import jsonschema
import product
from guest import Scenario

ROOT = "/srv/root"
FIRST, SECOND = "0010:00:00.0", "0011:00:00.0"
PREPARE = f"""
    mkdir -p {ROOT}/bin {ROOT}/dev {ROOT}/proc {ROOT}/sys {ROOT}/etc {ROOT}/tmp {ROOT}/run
    cp /usr/bin/busybox {ROOT}/bin/busybox
    for tool in sh ls sleep stat; do ln -s busybox {ROOT}/bin/$tool; done
    mkdir -p /etc/containers
    printf '[engine]\\ncgroup_manager = "systemd"\\nruntime = "runc"\\nevents_logger = "file"\\n' \
        >/etc/containers/containers.conf
"""
SECONDS = 180  # emulated, the start of podman takes some


def machine(kit):
    return {"gpus": 2, "scenario": Scenario(PREPARE)}


def check(guest, checks):
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    check_schema(guest, checks)
    check_devices(guest, checks)
    check_reload(guest, checks)
    check_gone(guest, checks)


def podman(guest, *words):
    return guest.run("podman --log-level=error " + " ".join(words), SECONDS)


def run_in_container(guest, device, script):
    """What a container says that has this device."""
    return podman(guest, "run", "--rm", "--network=none", f"--device nvidia.com/gpu={device}", f"--rootfs {ROOT}",
                  f"/bin/sh -c {shlex.quote(script)}")


def check_schema(guest, checks):  # P11
    folder = guest.image.tree / config.SCHEMA
    schema = json.loads((folder / "schema.json").read_text())
    resolver = jsonschema.RefResolver(f"file://{folder}/schema.json", schema)
    spec = json.loads(guest.read("/run/cdi/gpuboot.json"))
    flaws = [error.message for error in jsonschema.Draft7Validator(schema, resolver=resolver).iter_errors(spec)]
    checks.equal("the spec is what CDI's own schema asks for", [], flaws)
    broken = {**spec, "devices": "all of them"}
    checks.true("which does refuse a spec that is not",
                list(jsonschema.Draft7Validator(schema, resolver=resolver).iter_errors(broken)))


def nodes(guest, *gpus):
    """How `stat -c '%n %t:%T'` shows what a container with these GPUs has."""
    uvm = product.major(guest, "nvidia-uvm")
    wanted = {"nvidiactl": (195, 255), "nvidia-modeset": (195, 254), "nvidia-uvm": (uvm, 0),
              "nvidia-uvm-tools": (uvm, 1), **{f"nvidia{gpu}": (195, gpu) for gpu in gpus}}
    return sorted(f"/dev/{name} {major:x}:{minor:x}" for name, (major, minor) in wanted.items())


def check_devices(guest, checks):  # P11 P14
    look = "stat -c '%n %t:%T' /dev/nvidia*"
    for device, gpus in (("all", (0, 1)), ("0", (0,)), ("1", (1,))):
        said = run_in_container(guest, device, look)
        checks.equal(f"a container with {device} sees just these nodes", nodes(guest, *gpus),
                     sorted(said.out.splitlines()) or said.err)
    said = run_in_container(guest, "7", look)
    checks.true("one with a GPU that is not there does not start", said.status != 0, said.out)
    checks.contains("and says which", "nvidia.com/gpu=7", said.err)


OPEN = ": </dev/nvidiactl && : </dev/nvidia-uvm"


def check_reload(guest, checks):  # P10
    """systemd builds a scope's device rules anew; what it was not told of is lost then."""
    by_mount = podman(guest, "run", "--rm", "--network=none", "-v /dev/nvidiactl:/dev/nvidiactl", f"--rootfs {ROOT}",
                      "/bin/sh -c ': </dev/nvidiactl'")
    checks.true("a container that was not given the driver cannot open it",
                by_mount.status != 0 and "not permitted" in by_mount.err, by_mount.err)
    started = podman(guest, "run", "-d", "--name job", "--network=none", "--device nvidia.com/gpu=all",
                     f"--rootfs {ROOT}", "/bin/sleep 1000000")
    checks.equal("one that was runs", (0, ""), (started.status, started.err))
    for when in ("at once", "after a daemon-reload", "and after another"):
        opened = podman(guest, "exec", "job", f"/bin/sh -c '{OPEN}'")
        checks.equal(f"and opens it {when}", (0, ""), (opened.status, opened.err))
        guest.get("systemctl daemon-reload", SECONDS)
    allowed = guest.get("systemctl show -P DeviceAllow 'libpod-*.scope'")
    links = re.findall(r"/dev/char/(?:195|%d):\d+" % product.major(guest, "nvidia-uvm"), allowed)
    checks.equal("every rule of systemd's has its link", "", guest.get(
        "for link in " + " ".join(links) + "; do test -c $link || echo $link; done"))
    checks.equal("one for each node", 6, len(links))
    podman(guest, "rm", "-f", "-t 0", "job")


def check_gone(guest, checks):  # F-131
    guest.get("echo 1 >/sys/module/virtual_gpu/parameters/unplug")
    checks.true("a GPU that is pulled goes from the spec",
                guest.until("! grep -q /dev/nvidia1 /run/cdi/gpuboot.json"))
    said = run_in_container(guest, "all", "ls /dev/nvidia1")
    checks.true("no container gets it any more", said.status != 0 and "No such file" in said.err, said.err)
    checks.true("nor by its index", run_in_container(guest, "1", "ls /dev").status != 0)
    guest.get(""
              "for module in nvidia_uvm nvidia_modeset nvidia; do rmmod $module; done")
    checks.true("without the driver there is no spec", guest.until("! test -e /run/cdi/gpuboot.json"))
    checks.true("and no container starts with a GPU", run_in_container(guest, "all", "ls /dev").status != 0)
