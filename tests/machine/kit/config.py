# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the machine tier is made of: kernels, packages, places. The driver's version is in versions.toml only."""

import os
import subprocess
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
TOP = HERE.parent.parent

KERNEL = "6.1.0-50-cloud-amd64"  # the newest kernel of Debian 12 that the pinned driver compiles for
OTHER_KERNEL = "6.1.0-47-cloud-amd64"  # only its headers: somebody else's kernel

DRIVER_PACKAGE = "nvidia-open-kernel-dkms"
# CDI's own JSON schema, as the library carries it that container runtimes are built with.
SCHEMA_PACKAGE = "golang-github-container-orchestrated-devices-container-device-interface-dev"
SCHEMA = "usr/share/gocode/src/github.com/container-orchestrated-devices/container-device-interface/schema"
PACKAGES = [
    "systemd", "systemd-sysv", "udev", "dbus", "kmod", "initramfs-tools", "busybox-static", "lz4",
    "podman", "runc", "kexec-tools",
    "gcc", "make", "binutils", "libc6-dev",
    f"linux-image-{KERNEL}", f"linux-headers-{KERNEL}", f"linux-headers-{OTHER_KERNEL}",
]

SMALL_DRIVER = ("small-driver", "1.0.0")  # name and version of the DKMS tree in small-driver/


def cache_folder():
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("GPUBOOT_CACHE") or home / "gpuboot")


def pin():
    """The shipped pin: what the product runs, and so what is tested."""
    return tomllib.loads((TOP / "versions.toml").read_text())


def driver_tree():
    """Name of the pinned driver's folder below /usr/src."""
    driver = pin()["driver"]
    return f"{driver['source']['name']}-{driver['version']}"


def apt_sources():
    """This machine's own Debian archives as sources.list lines, with the component the driver lies in."""
    wanted = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    release = os_release()["VERSION_CODENAME"]
    lines = [f"deb {line} main contrib" for line in dict.fromkeys(wanted)
             if line.split()[1].split("-")[0] == release and "debian" in line]
    if not lines:
        raise SystemExit(f"apt knows no Debian archive for {release}; add one to /etc/apt/sources.list")
    return lines


def backports():
    """A sources.list line for the same archive's packages of later releases, built for this one."""
    _, uri, release, *_ = apt_sources()[0].split()
    return f"deb {uri} {release}-backports main\n"


def os_release():
    text = Path("/etc/os-release").read_text()
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip('"') for key, value in pairs}
