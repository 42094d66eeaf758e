# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets a container believe in a GPU, in another kernel, and in a driver that runs already, as far as judging,
compiling and what policy starts behind a load go. Loading itself is not possible in a container, and stays so."""
import subprocess

SHIM = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
int uname(struct utsname *name) {
    int (*real)(struct utsname *) = (int (*)(struct utsname *)) dlsym(RTLD_NEXT, "uname");
    int result = real(name);
    strcpy(name->release, KERNEL);
    return result;
}
static int is_driver_fact(const char *path) {
    return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/module/", 12) == 0;
}
long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...)) dlsym(RTLD_NEXT, "syscall");
    va_list words;
    va_start(words, number);
    long word[6];
    for (int i = 0; i < 6; ++i) word[i] = va_arg(words, long);
    va_end(words);
    const char *path = (const char *) word[1];
    char live[4096];
    if (number == SYS_openat2 && is_driver_fact(path) &&
        snprintf(live, sizeof live, "/live%s", path) < (int) sizeof live && access(live, F_OK) == 0)
        word[1] = (long) live;
    return real(number, word[0], word[1], word[2], word[3], word[4], word[5]);
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


def live_driver(machine, version):
    """And that an open driver of that version runs and serves the GPU: what lies in /live is read first."""
    served = f'/live/proc/driver/nvidia/gpus/{ADDRESS}'
    machine.out(f'mkdir -p {served} && ln -s ../../bus/pci/drivers/nvidia /sys/bus/pci/devices/{ADDRESS}/driver')
    for module in ['nvidia', 'nvidia_uvm', 'nvidia_modeset']:
        folder = f'/live/sys/module/{module}'
        machine.out(f'mkdir -p {folder}/holders && cd {folder} && echo live >initstate && echo 0 >refcnt'
                    f' && echo 4711 >srcversion && echo "{module} 4096 0 - Live 0x0 (OE)" >>/live/proc/modules')
    for path, text in {
            '/live/proc/devices': 'Character devices:\n195 nvidia\n511 nvidia-uvm\n\nBlock devices:\n',
            '/live/proc/driver/nvidia/version': f'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}\n',
            f'{served}/information': 'Device Minor: \t 0\n'}.items():
        machine.path(path).write_text(text)
