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
    for phase in ['check', 'rebuild', 'recheck', 'init']:
        folder = f'/run/systemd/system/gpuboot-{phase}.service.d'
        machine.out(f'mkdir -p {folder} && cat > {folder}/pretend.conf', text_in=(
            '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/pretend.so SYSTEMD_DEVICE_VERIFY_SYSFS=0\n'))
    machine.out('systemctl', 'daemon-reload')


DRIVER = '/pretend'
PCI = f'{DRIVER}/pci'


def plug(machine, address, device, kind, driver=''):
    """A device of NVIDIA's below what stands for the bus."""
    folder = machine.path(f'{PCI}/{address}')
    folder.mkdir(parents=True)
    for name, text in {'vendor': '0x10de', 'device': device, 'class': kind, 'uevent': f'PCI_SLOT_NAME={address}'}.items():
        (folder / name).write_text(text + '\n')
    (folder / 'subsystem').symlink_to('../../../pci')
    if driver:
        (folder / 'driver').symlink_to(f'../../../drivers/{driver}')


def loaded_driver(machine, version):
    """From here on our phases see an A100 and the open driver of that version, loaded and bound. It opens no GPU:
    only test = "bound" finds it ready."""
    plug(machine, ADDRESS, '0x20b0', '0x030200', 'nvidia')
    names = ['nvidia', 'nvidia_uvm', 'nvidia_modeset']
    files = {
        'modules': ''.join(f'{name} 4096 0 - Live 0x0000000000000000\n' for name in names),
        'devices': 'Character devices:\n195 nvidia\n511 nvidia-uvm\n\nBlock devices:\n',
        'driver/nvidia/version': f'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  Release Build\n',
        'driver/nvidia/params': 'ModifyDeviceFiles: 1\n',
        f'driver/nvidia/gpus/{ADDRESS}/information': 'Device Minor: \t 0\n',
        **{f'module/{name}/refcnt': '0\n' for name in names},
    }
    for name, text in files.items():
        path = machine.path(f'{DRIVER}/{name}')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    binds = ''.join(f'BindReadOnlyPaths={DRIVER}/{ours}:{there}\n' for ours, there in {
        'pci': '/sys/bus/pci/devices', 'module': '/sys/module', 'modules': '/proc/modules',
        'devices': '/proc/devices', 'driver': '/proc/driver'}.items())
    for phase in ['check', 'recheck', 'init']:
        folder = f'/run/systemd/system/gpuboot-{phase}.service.d'
        machine.out(f'mkdir -p {folder} && cat > {folder}/pretend.conf', text_in=f'[Service]\nEnvironment=SYSTEMD_DEVICE_VERIFY_SYSFS=0\n{binds}')
    machine.out('systemctl', 'daemon-reload')
