# SPDX-License-Identifier: LGPL-2.1-or-later
"""Drivers that others put on a machine: the tool aks-gpu, a package, and a person with NVIDIA's installer."""
import os
import subprocess

from tree import KERNEL

VERSION = '550.144.03'
MODULES = f'/lib/modules/{KERNEL}'
MARKER = '/opt/azure/aks-gpu/dkms-marker'
LIBRARY = f'libnvidia-ml.so.{VERSION}'
REGISTERED = f'/var/lib/dkms/nvidia/{VERSION}'

# What kills the program that is about to delete the file with this name.
KILLER = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
int unlinkat(int folder, const char *name, int flags) {
    int (*real)(int, const char *, int) = (int (*)(int, const char *, int)) dlsym(RTLD_NEXT, "unlinkat");
    if (strcmp(name, NAME) == 0) raise(SIGKILL);
    return real(folder, name, flags);
}
'''


def compile_into(machine, path, text, *words):
    machine.path(path).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(['gcc', '-x', 'c', '-', *words, '-o', machine.path(path)], input=text, text=True, check=True)


def put(machine, path, text='of no interest\n', mode=0o644):
    machine.path(path).parent.mkdir(parents=True, exist_ok=True)
    machine.path(path).write_text(text)
    machine.path(path).chmod(mode)


def put_module(machine, path, name, version, srcversion):
    """What libkmod and depmod read of a module; no kernel would run it."""
    said = ''.join(f'{key}={value}\\0' for key, value in
                   [('name', name), ('version', version), ('srcversion', srcversion), ('vermagic', KERNEL)])
    compile_into(machine, path, f'__attribute__((section(".modinfo"), used)) static const char m[] = "{said}";', '-c')


def put_aks_gpu(machine):
    """As the tool leaves an image: setuid program, modules, relocated libraries, registration, marker."""
    put(machine, '/usr/bin/nvidia-modprobe', mode=0o4755)
    put(machine, '/usr/bin/nvidia-smi', mode=0o755)
    for name in ['nvidia', 'nvidia-uvm']:
        put_module(machine, f'{MODULES}/updates/dkms/{name}.ko', name.replace('-', '_'), VERSION, 'AAAA')
    # A real library, so that the loader's cache has to forget it.
    compile_into(machine, f'/usr/bin/lib64/{LIBRARY}', 'int nvml;', '-shared', '-Wl,-soname,libnvidia-ml.so.1')
    compile_into(machine, f'/usr/bin/lib64/lib64/{LIBRARY}', 'int nvml;', '-shared', '-Wl,-soname,libnvidia-ml.so.1')
    put(machine, '/etc/ld.so.conf.d/nvidia.conf', '/usr/bin/lib64\n')
    put(machine, f'/usr/src/nvidia-{VERSION}/dkms.conf')
    put(machine, f'{REGISTERED}/{KERNEL}/x86_64/module/nvidia.ko')
    put(machine, '/var/log/nvidia-installer-1747212345.log')
    for link, target in [(f'{REGISTERED}/source', f'/usr/src/nvidia-{VERSION}'),
                         (f'/var/lib/dkms/nvidia/kernel-{KERNEL}-x86_64', f'{VERSION}/{KERNEL}/x86_64')]:
        os.symlink(target, machine.path(link))
    put(machine, MARKER, f'kernel={KERNEL}\ndriver_version={VERSION}\ndriver_kind=cuda\narch=x86_64\n')
    machine.out('ldconfig')
    machine.out('depmod', KERNEL)


def install_package(machine):
    """A driver's module and a program, by dpkg."""
    put_module(machine, f'/packages/driver{MODULES}/extra/nvidia.ko', 'nvidia', '535.183.01', 'CCCC')
    put(machine, '/packages/driver/usr/bin/nvidia-debugdump', 'of a package\n', 0o755)
    put(machine, '/packages/driver/DEBIAN/control', 'Package: nvidia-driver-535\nVersion: 1\nArchitecture: amd64\n'
        'Maintainer: A Customer <customer@example.invalid>\nDescription: a driver\n')
    machine.out('cd /packages && dpkg-deb --root-owner-group -b driver driver.deb && dpkg -i driver.deb && rm -r driver')


def run_installer(machine):
    """What a .run file lays down, and its list (nvidia-installer, backup.c)."""
    module = f'{MODULES}/kernel/drivers/video/nvidia.ko'
    put_module(machine, module, 'nvidia', '570.86.15', 'DDDD')
    put(machine, '/usr/bin/nvidia-settings', 'of the .run file\n', 0o755)
    put(machine, '/var/log/nvidia-installer.log')
    put(machine, '/var/lib/nvidia/log', f'1.0-5708615 (570.86.15)\nNVIDIA Accelerated Graphics Driver\n'
        f'1: {module}\n12345\n1: /usr/bin/nvidia-settings\n67890\n', 0o600)
