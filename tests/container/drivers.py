# SPDX-License-Identifier: LGPL-2.1-or-later
"""Driver sources for a machine under test, and the pin that names one. The real one is NVIDIA's tree in
/usr/src; the others are made from the small driver of the machine tier, which compiles in seconds."""
import pathlib
import shutil
import tomllib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PIN = tomllib.loads((SOURCE / 'versions.toml').read_text())
VERSION = PIN['driver']['version']
REAL = f'{PIN["driver"]["source"]["name"]}-{VERSION}'


def install_small(machine, name, version='1.0.0', makefile=''):
    """Puts the small driver into /usr/src/<name>-<version>; `makefile` goes before its Makefile."""
    folder = machine.path(f'/usr/src/{name}-{version}')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE / 'tests/machine/small-driver', folder)
    for file in ['dkms.conf', 'Kbuild', 'nvidia.h']:
        path = folder / file
        if path.exists():
            path.write_text(path.read_text().replace('small-driver', name).replace('1.0.0', version))
    if makefile:
        path = folder / 'Makefile'
        path.write_text(makefile + path.read_text())
    for path in [folder, *folder.rglob('*')]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def install_firmware(machine, version):
    """A file of the name that the open modules ask for: without one nothing would be loaded."""
    folder = machine.path(f'/lib/firmware/nvidia/{version}')
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'gsp_stand_in.bin').write_text('no firmware\n')


def pin(machine, name, version='1.0.0'):
    """Makes that tree the one that the machine wants."""
    install_firmware(machine, version)
    tree = f'/usr/src/{name}-{version}'
    digest = machine.out(f"cd {tree} && find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum").split()[0]
    machine.path('/etc/gpuboot/versions.toml').write_text(
        f'schema = 1\n[driver]\nversion = "{version}"\nkind = "open"\n'
        f'[driver.source]\ntype = "dkms"\nname = "{name}"\nsha256 = "{digest}"\n')


def pin_userspace(machine, folder):
    """Has the bakes of what is pinned bring that folder along; gives the digest that a person gets."""
    digest = machine.out(
        f"cd {folder} && {{ find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum;"
        " find . -type l -printf '%p -> %l\\n' | LC_ALL=C sort; } | sha256sum").split()[0]
    with machine.path('/etc/gpuboot/versions.toml').open('a') as pin_file:
        pin_file.write(f'[driver.userspace]\ntype = "folder"\npath = "{folder}"\nsha256 = "{digest}"\n')
    return digest


def pin_shipped(machine):
    install_firmware(machine, VERSION)
    machine.path('/etc/gpuboot/versions.toml').unlink(missing_ok=True)
