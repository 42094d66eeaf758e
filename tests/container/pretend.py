# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets a container believe in a GPU and in another kernel, as far as judging and compiling go. Loading is
not possible in a container, and stays so."""
import subprocess

SHIM = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/utsname.h>
int uname(struct utsname *name) {
    int (*real)(struct utsname *) = (int (*)(struct utsname *)) dlsym(RTLD_NEXT, "uname");
    int result = real(name);
    strcpy(name->release, KERNEL);
    return result;
}
'''
ADDRESS = '0010:00:00.0'


def gpu_and_kernel(machine, kernel):
    """From here on our phases see an A100, on that kernel."""
    subprocess.run(['gcc', '-shared', '-fPIC', f'-DKERNEL="{kernel}"', '-x', 'c', '-', '-o',
                    machine.path('/usr/lib/pretend.so')], input=SHIM, text=True, check=True)
    gpu = f'/sys/bus/pci/devices/{ADDRESS}'
    machine.out(f'mount -t tmpfs none /sys/bus/pci/devices && mkdir {gpu} && cd {gpu}'
                ' && echo 0x10de > vendor && echo 0x20b0 > device && echo 0x030200 > class'
                f' && echo PCI_SLOT_NAME={ADDRESS} > uevent && ln -s ../../../pci subsystem')
    for phase in ['check', 'rebuild', 'recheck', 'init', 'prebake', 'guard']:
        folder = f'/run/systemd/system/gpuboot-{phase}.service.d'
        machine.out(f'mkdir -p {folder} && cat > {folder}/pretend.conf', text_in=(
            '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/pretend.so SYSTEMD_DEVICE_VERIFY_SYSFS=0\n'))
    machine.out('systemctl', 'daemon-reload')
