# SPDX-License-Identifier: LGPL-2.1-or-later
"""NVIDIA's real driver, compiled for a kernel that does not run here and without a GPU."""
import hashlib
import json
import re
import stat
import subprocess
import time
import tomllib

from check import case, contains, equal
from tree import KERNEL, NEW_KERNEL, OLD_KERNEL
import boot_menu
import drivers
import pretend
import test_boot

STORE = '/var/lib/gpuboot/bakes'
bake = None


def prepare(machine, deb):
    test_boot.prepare(machine, deb)
    drivers.install_firmware(machine, drivers.VERSION)
    pretend.gpu_and_kernel(machine, KERNEL)


def bakes(machine):
    return sorted(path.name for path in machine.path(STORE).iterdir())


def check_again(machine):
    machine.run('systemctl', 'start', 'gpuboot-check.service')
    return json.loads(machine.out('cat', '/run/gpuboot/report/check.json'))


@case('without a bake: rebuild')
def _(machine):
    report = check_again(machine)
    equal((report['verdict'], report['kernel']), ('rebuild', KERNEL))
    contains(json.dumps(report['reasons']), 'no_bake')
    assert machine.run('test', '-e', '/run/gpuboot/next/rebuild').returncode == 0, 'no rebuild was asked for'


@case('a bake made for another kernel: the reason names both')  # S1-15 S1-21 F-34
def _(machine):
    # The same version in another source, so that what differs is the kernel and not the driver.
    real, aside = machine.path(f'/usr/src/{drivers.REAL}'), machine.path('/usr/src/real')
    name = drivers.PIN['driver']['source']['name']
    real.rename(aside)
    drivers.install_small(machine, name, drivers.VERSION)
    drivers.pin(machine, name, drivers.VERSION)
    machine.out('gpubootctl', 'bake', '--kernel', OLD_KERNEL, timeout=120)
    machine.out('rm', '-r', f'/usr/src/{drivers.REAL}')
    aside.rename(real)
    drivers.pin_shipped(machine)

    report = check_again(machine)
    equal(report['verdict'], 'rebuild')
    [reason] = [entry for entry in report['reasons'] if entry['code'] == 'kernel_differs']
    equal((reason['wanted'], reason['found']), (KERNEL, OLD_KERNEL))
    contains(reason['text'], KERNEL, OLD_KERNEL)


def asked(machine):
    """What the last compile asked the kernel's headers; its checks of the compiler and such are made each time."""
    log = machine.path('/var/lib/gpuboot/build.log').read_text()
    return {name for name in re.findall(r'^ CONFTEST: (\S+)$', log, re.MULTILINE) if not name.endswith('_check')}


def sums(machine, name):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in machine.path(f'{STORE}/{name}/modules').iterdir()}


asked_before = set()


@case('one module alone, as the pin asks: compiled twice, its conftest asked once, and the same module comes out')
def _(machine):
    pin = machine.path('/etc/gpuboot/versions.toml')
    shipped = machine.path('/usr/share/gpuboot/versions.toml').read_text()
    pin.write_text(shipped.replace('[driver.source]', 'modules = ["nvidia"]\n[driver.source]'))

    def baked():
        told = machine.out('gpubootctl', 'bake', '--json', '--kernel', KERNEL, timeout=900)
        said = json.loads(told[told.index('{\n'):])
        print(f'# {said["questions"]} questions, {said["answers_kept"]} answers kept: '
              f'{said["probing_usec"] / 1e6:.1f} s probing, {said["compiling_usec"] / 1e6:.1f} s compiling, '
              f'{said["usec"] / 1e6:.1f} s in all')
        return said, sums(machine, said['id'])

    first, modules = baked()
    asked_before.update(asked(machine))
    equal((first['answers_kept'], first['questions']), (0, len(asked_before)))
    assert first['questions'] > 200 and first['probing_usec'] > 0 and first['compiling_usec'] > 0, first
    equal(list(modules), ['nvidia.ko'])
    machine.out('rm', '-r', f'{STORE}/{first["id"]}')
    second, again = baked()
    equal((second['id'], again), (first['id'], modules))
    equal((second['questions'], asked(machine)), (0, set()))
    assert second['answers_kept'] > 200, second
    machine.out('rm', '-r', f'{STORE}/{first["id"]}')


@case('a pin that asks for a module the source does not have: file, line and field, before anything is compiled')
def _(machine):
    pin = machine.path('/etc/gpuboot/versions.toml')
    pin.write_text(pin.read_text().replace('["nvidia"]', '["nvidia", "nvidia-vgpu"]'))
    line = 1 + pin.read_text().splitlines().index('modules = ["nvidia", "nvidia-vgpu"]')
    told = machine.run('gpubootctl', 'bake', '--kernel', KERNEL, timeout=60)
    drivers.pin_shipped(machine)
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout, f'versions.toml:{line}: driver.modules: wanted modules that', 'nvidia-peermem',
             'found "nvidia-vgpu"')


@case('compiles it for the right one, not as root and without network')  # S1-04 F-70
def _(machine):
    global bake
    before = set(bakes(machine))
    build_user = machine.out('id', '-u', 'gpuboot-build')
    begin = time.monotonic()
    seen, told = set(), []
    with machine.follow('gpubootctl', 'bake', '--kernel', KERNEL, ready='', timeout=900) as lines:
        for line in lines:
            told = [*told[-3:], line]
            if len(seen) < 4:
                seen |= compilers(machine)
    print(f'# {"; ".join(told)} [{time.monotonic() - begin:.0f} s in all]')
    assert seen, 'no process of the compile was seen'
    equal(asked(machine) & asked_before, set(), 'asked although it was known')
    for program, uid, interfaces in seen:
        equal((uid, interfaces), (build_user, 'lo'), program)
    [bake] = set(bakes(machine)) - before
    assert re.fullmatch(rf'{re.escape(drivers.VERSION)}-open-{re.escape(KERNEL)}-[0-9a-f]{{12}}', bake), bake


def compilers(machine):
    """(program, uid, network interfaces) of each make, compiler and shell that runs in the container."""
    script = r'''for process in /proc/[0-9]*; do
        program=$(readlink $process/exe) || continue
        case $program in *make|*cc1|*gcc*)
            uid=$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' $process/status) || continue
            net=$(sed -n '3,$s/^ *\([^:]*\):.*/\1/p' $process/net/dev | tr '\n' ' ') || continue
            [ -z "$uid" ] || [ -z "$net" ] || echo "$program:$uid:$net" ;;
        esac
    done 2>/dev/null; true'''
    return {tuple(word.strip() for word in line.split(':')) for line in machine.out(script).splitlines()}


@case('what it made is whole, root-owned and read-only for others')  # S1-17 F-33 F-115
def _(machine):
    folder = machine.path(f'{STORE}/{bake}')
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob('*'))
    contains(names, 'marker.toml', 'modules/nvidia.ko', 'modules/nvidia-uvm.ko', 'modules/nvidia-modeset.ko')
    for path in [folder, *folder.rglob('*')]:
        status = path.lstat()
        equal((status.st_uid, status.st_gid), (0, 0), f'owner of {path.name}')
        equal(stat.S_IMODE(status.st_mode), 0o755 if path.is_dir() else 0o644, f'mode of {path.name}')
        assert path.is_dir() or status.st_nlink == 1, f'{path.name} has another name'


@case('its marker says what lies there')
def _(machine):
    folder = machine.path(f'{STORE}/{bake}')
    marker = tomllib.loads((folder / 'marker.toml').read_text())
    equal({key: marker[key] for key in ['format', 'id', 'driver_version', 'kind', 'kernel', 'arch']},
          {'format': 1, 'id': bake, 'driver_version': drivers.VERSION, 'kind': 'open', 'kernel': KERNEL, 'arch': 'x86_64'})
    equal(marker['source_sha256'], drivers.PIN['driver']['source']['sha256'])
    equal(sorted(module['path'] for module in marker['module']),
          sorted(f'modules/{path.name}' for path in (folder / 'modules').iterdir()))
    for module in marker['module']:
        content = (folder / module['path']).read_bytes()
        equal((module['size'], module['sha256']), (len(content), hashlib.sha256(content).hexdigest()), module['path'])
        assert module['vermagic'].startswith(f'{KERNEL} SMP '), module['vermagic']


@case('its modules are stripped of debug information')
def _(machine):
    for path in machine.path(f'{STORE}/{bake}/modules').iterdir():
        sections = subprocess.run(['readelf', '-SW', path], capture_output=True, text=True, check=True).stdout
        assert '.debug_info' not in sections and '.symtab' in sections, path.name
        assert path.stat().st_size < 20 << 20, f'{path.name}: {path.stat().st_size} bytes'


@case('nothing points at it, nothing is left of the compile')
def _(machine):
    said = machine.out('find / -xdev -newer /etc/machine-id \\( -iname "*nvidia*" -o -name "*.ko" \\) '
                       f'-not -path "{STORE}/*" -not -path "/usr/src/*" -not -path "/usr/lib/firmware/*" -not -path "/proc/*"')
    equal(said, '', 'found')
    equal([name for name in bakes(machine) if name.startswith('.')], [])
    equal(machine.run('ls', '-A', '/var/lib/gpuboot/build').stdout.replace('ls: cannot access ', ''),
          '' if machine.path('/var/lib/gpuboot/build').exists() else machine.run('ls', '-A', '/var/lib/gpuboot/build').stdout)


@case('the same inputs again: no compile, the same bake')  # S4-24
def _(machine):
    marker = machine.path(f'{STORE}/{bake}/marker.toml')
    was = (marker.stat().st_ino, marker.stat().st_mtime_ns)
    begin = time.monotonic()
    contains(machine.out('gpubootctl', 'bake', '--kernel', KERNEL), bake)
    assert time.monotonic() - begin < 15, 'it took as long as a compile'
    equal((marker.stat().st_ino, marker.stat().st_mtime_ns), was)


@case('the check finds it fit, and says that a container cannot load it')
def _(machine):
    report = check_again(machine)
    equal((report['before']['verdict'], report['before']['bake']), ('fast', bake))
    equal(report['verdict'], 'blocked')
    contains(json.dumps(report['reasons']), 'load_forbidden')
    assert machine.run('test', '-e', '/run/gpuboot/active').returncode != 0, 'active, but not loaded'


@case('list shows both bakes')
def _(machine):
    listed = json.loads(machine.out('gpubootctl', 'list', '--json'))
    contains(json.dumps(listed), bake, OLD_KERNEL)


def contents(machine):
    """Every file of the bake by digest, with its inode and times: nothing of it may change."""
    return machine.out(f'cd {STORE}/{bake} && find . -type f -exec sha256sum {{}} + | sort && '
                       'find . -printf "%p %i %T@ %C@\\n" | sort')


@case('a kernel that the driver does not compile for: the error with file and line, and the old bake untouched')  # F-65
def _(machine):
    common = NEW_KERNEL.replace('-cloud-amd64', '-common')
    header = machine.path(f'/usr/src/linux-headers-{common}/include/linux/pci.h').read_text()
    assert re.search(r'pci_resize_resource\([^)]*int exclude_bars\)', header), \
        f'{NEW_KERNEL} has the function that the driver expects: the case proves nothing'
    was = contents(machine)
    pretend.gpu_and_kernel(machine, NEW_KERNEL)
    machine.out('rm -rf /run/gpuboot/tried /run/gpuboot/next')
    report = check_again(machine)
    equal((report['verdict'], report['kernel']), ('rebuild', NEW_KERNEL))
    begin = time.monotonic()
    machine.run('systemctl', 'start', 'gpuboot-rebuild.service', timeout=900)
    print(f'# failed after {time.monotonic() - begin:.0f} s')
    report = json.loads(machine.out('cat', '/run/gpuboot/report/rebuild.json'))
    equal(report['verdict'], 'blocked')
    [reason] = [entry for entry in report['reasons'] if entry['code'] == 'rebuild_failed']
    assert re.search(r'nvidia/nv-pci\.c:[0-9]+:[0-9]+: error: .*pci_resize_resource', reason['text']), reason['text']
    contains(machine.run('gpubootctl', 'why').stdout, 'nv-pci.c:', 'pci_resize_resource')
    equal(contents(machine), was, 'the bake of the kernel before')


@case('the next boot of that kernel does not compile again, says why, and still names file and line')  # F-65 F-77
def _(machine):
    [record] = [path for path in machine.path('/var/lib/gpuboot/records/failed').iterdir() if path.suffix != '.log']
    kept = json.loads(record.read_text().splitlines()[0])
    equal((kept['id'], kept['file']), (record.name, 'nvidia/nv-pci.c'))
    assert kept['line'] > 0 and 'pci_resize_resource' in kept['message'], kept
    whole = record.with_name(record.name + '.log').read_text()
    assert 'pci_resize_resource' in whole and len(whole) <= 4 << 20, len(whole)

    machine.out('rm -rf /run/gpuboot/tried /run/gpuboot/next')
    report = check_again(machine)
    equal(report['verdict'], 'rebuild')
    contains(json.dumps(report['reasons']), 'build_failed_before')
    begin = time.monotonic()
    machine.run('systemctl', 'start', 'gpuboot-rebuild.service', timeout=120)
    took = time.monotonic() - begin
    print(f'# said so after {took:.1f} s')
    assert took < 30, f'{took:.0f} s: that was a compile'
    report = json.loads(machine.out('cat', '/run/gpuboot/report/rebuild.json'))
    equal(report['verdict'], 'blocked')
    [reason] = [entry for entry in report['reasons'] if entry['code'] == 'build_failed_before']
    contains(reason['text'], 'nv-pci.c:', 'pci_resize_resource')
    told = machine.run('gpubootctl', 'bake', '--kernel', NEW_KERNEL, timeout=60)
    equal(told.returncode, 1, told.stdout)
    contains(told.stdout, 'failed before', '--force')


@case('the kernel before, booted again, has its bake as it was')  # S1-30
def _(machine):
    pretend.gpu_and_kernel(machine, KERNEL)
    machine.out('rm -rf /run/gpuboot/tried /run/gpuboot/next')
    report = check_again(machine)
    equal((report['before']['verdict'], report['before']['bake']), ('fast', bake))


@case('the kernel that cannot have the driver is not the one that boots: the older one stays the default')
def _(machine):
    # No container loads a module, which the check before this has noted.
    machine.out('rm -r /run/gpuboot/tried')
    boot_menu.install_grub(machine, KERNEL, NEW_KERNEL)
    boot_menu.configure(machine, 'saved')
    boot_menu.ask_for_guard(machine, 'true')
    boot_menu.run_guard(machine)
    told = boot_menu.answers(machine)
    equal([told[kernel]['answer'] for kernel in (KERNEL, NEW_KERNEL)], ['yes', 'no'])
    equal((boot_menu.saved(machine), boot_menu.kept(machine)), (boot_menu.SAVED, [KERNEL]))
    contains(boot_menu.motd(machine), NEW_KERNEL, KERNEL, 'pci_resize_resource')
    boot_menu.ask_for_guard(machine, 'false')
    boot_menu.run_guard(machine)
    equal((boot_menu.saved(machine), boot_menu.motd(machine)), ('', ''))
