# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gpuboot writes for containerd, judged by three real ones: Debian 12's 1.6, a 1.7 and a 2.x. Each shows the
effective configuration of a tree before and after, and no more than CDI's own keys may differ."""
import copy
import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib

from check import case, contains, equal
import tree

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DRIVER = [SOURCE / 'tests/container/runtimes_driver.cpp',
          *[SOURCE / f'src/input/{name}.cpp' for name in (
              'containerd', 'containerd_edit', 'containerd_files', 'own_file', 'path_pattern', 'runtime_words')],
          *[SOURCE / f'src/base/{name}.cpp' for name in ('at_once', 'bytes', 'digest', 'document', 'result', 'root')]]
VERSIONS = {'bookworm': '1.6', 'trixie': '1.7', 'forky': '2.'}
ETC = 'etc/containerd'
MAIN, DROP_IN = f'{ETC}/config.toml', f'{ETC}/conf.d/gpuboot.toml'
KEY = {2: 'io.containerd.grpc.v1.cri', 3: 'io.containerd.cri.v1.runtime'}
IMPORT = 'imports = ["/etc/containerd/conf.d/gpuboot*.toml"]\n'


class Machine:
    """The Debian tree itself, of which no file is changed: a mount each for /mnt and /etc, and no copy."""

    def __init__(self, base, name):
        self.base = base
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f'gpuboot-{name}-', dir='/var/tmp'))

    def path(self, inside):
        return self.folder / str(inside).lstrip('/')

    def run(self, script):
        mounts = (f'mount --bind {self.folder} {self.base}/mnt && mount -t tmpfs none {self.base}/etc &&'
                  f' exec chroot {self.base} /bin/sh -ec "$0"')
        return subprocess.run(['unshare', '--mount', '/bin/sh', '-ec', mounts, script], stdout=subprocess.PIPE,
                              text=True, timeout=120)

    def power_off(self):
        pass

    def destroy(self):
        shutil.rmtree(self.folder)


def table(version, keys='', runtime='operators'):
    """A CRI table as an operator has it: settings in it, and in one below it."""
    image = 'sandbox_image = "operators/pause"\n' if version == 2 else 'device_ownership_from_security_context = true\n'
    return (f'\n[plugins."{KEY[version]}"]\n{image}{keys}\n[plugins."{KEY[version]}".containerd]\n'
            f'default_runtime_name = "{runtime}"\n')


def trees(version):
    """The configurations of an operator, file by file."""
    head = f'version = {version}\nroot = "/srv/containerd"\noom_score = -7\n'
    found = {
        'bare': {MAIN: f'version = {version}\n'},
        'other settings': {MAIN: '# about imports = [\n' + head + '[plugins."io.containerd.gc.v1.scheduler"]\n'
                                 'pause_threshold = 0.03\n'},
        'imports': {MAIN: head + 'imports = [\n  "/etc/containerd/site/*.toml", # ours\n]\n',
                    f'{ETC}/site/a.toml': f'version = {version}\noom_score = -9\n'},
        'a table': {MAIN: head + table(version)},
        'a table below': {MAIN: head + f'[plugins."{KEY[version]}".containerd]\ndefault_runtime_name = "operators"\n'},
        'a table with folders': {MAIN: head + table(version, 'cdi_spec_dirs = ["/run/cdi", "/srv"]\n')},
        'a table in an import of an import': {
            MAIN: head + 'imports = ["/etc/containerd/site/a.toml"]\n' + table(version, runtime='covered'),
            f'{ETC}/site/a.toml': f'version = {version}\nimports = ["../deep/b.toml"]\n',
            f'{ETC}/deep/b.toml': f'version = {version}\n' + table(version)},
        'a circle': {MAIN: head + 'imports = ["/etc/containerd/a.toml"]\n',
                     f'{ETC}/a.toml': f'version = {version}\nimports = ["config.toml", "a.toml"]\n'},
    }
    return {f'{name}, version {version}': files for name, files in found.items()}


BOTH = {'no file': {}, 'an empty one': {MAIN: '# nothing\n'}, **trees(2)}


def fetch(folder):
    """The archive's own containerds, whose lists are signed; none of them is installed."""
    uri_line = next(line for line in tree.archive_lines('main') if line.endswith(' bookworm main'))
    lines = [uri_line.replace(' bookworm ', f' {release} ') for release in VERSIONS]
    apt = folder / 'apt'
    for name in ['lists/partial', 'cache/archives/partial']:
        (apt / name).mkdir(parents=True)
    (apt / 'sources.list').write_text('\n'.join(lines) + '\n')
    options = ['-qq', '-o', 'APT::Sandbox::User=root', '-o', f'Dir::Etc::sourcelist={apt}/sources.list', '-o', 'Dir::Etc::sourceparts=-',
               '-o', f'Dir::State::lists={apt}/lists', '-o', f'Dir::Cache={apt}/cache']
    subprocess.run(['apt-get', *options, 'update'], check=True, timeout=300)
    for release in VERSIONS:
        (apt / release).mkdir()
        subprocess.run(['apt-get', *options, 'download', f'containerd/{release}'], check=True, cwd=apt / release,
                       timeout=300)
        [deb] = (apt / release).glob('*.deb')
        subprocess.run(['dpkg-deb', '-x', deb, apt / release], check=True)
        shutil.copy(apt / release / 'usr/bin/containerd', folder / release)
    shutil.rmtree(apt)


def compile_driver(folder):
    objects = [folder / f'{source.stem}.o' for source in DRIVER]
    flags = ['g++', '-std=c++23', '-O0', f'-I{SOURCE}/src', '-DTOML_HEADER_ONLY=1']
    at_once = [subprocess.Popen([*flags, '-c', source, '-o', to]) for source, to in zip(DRIVER, objects)]
    assert [process.wait() for process in at_once] == [0] * len(objects), 'the driver does not compile'
    subprocess.run(['g++', *objects, '-lcrypto', '-o', folder / 'driver'], check=True)


def prepare(machine, _):
    binaries = tree.cached('containerds', '\n'.join([*VERSIONS, *tree.archive_lines('main')]).encode(), fetch)
    headers = sorted(path for path in SOURCE.glob('src/*/*.hpp'))
    content = b''.join(path.read_bytes() for path in [*DRIVER, *headers])
    prepare.driver = tree.cached('runtimes-driver', content, compile_driver) / 'driver'
    for release, version in VERSIONS.items():
        shutil.copy(binaries / release, machine.path(release))
        told = subprocess.run([binaries / release, '--version'], check=True, capture_output=True, text=True).stdout
        contains(told.replace(' v', ' '), f' {version}')


def dumps(machine, release, folder):
    """The effective configuration of each tree there, by the containerd of that release."""
    script = (f'for tree in /mnt{folder}/*; do rm -rf /{ETC}; cp -a "$tree/{ETC}" /{ETC};'
              f' if [ -e /{MAIN} ]; then how=dump; else how=default; fi;'
              f' /mnt/{release} config $how >"$tree/dump" 2>"$tree/said" || {{ cat "$tree/said"; exit 1; }}; done')
    told = machine.run(script)
    equal((told.returncode, told.stdout), (0, ''), release)
    return {path.name: tomllib.loads((path / 'dump').read_text()) for path in machine.path(folder).iterdir()}


def write(top, found):
    for name, files in found.items():
        (top / name / ETC).mkdir(parents=True)
        for path, text in files.items():
            (top / name / path).parent.mkdir(parents=True, exist_ok=True)
            (top / name / path).write_text(text)


def configure(release, top):
    version = {'1.6': '1.6.20', '1.7': '1.7.24', '2.': '2.1.9'}[VERSIONS[release]]
    told = subprocess.run([prepare.driver, version, *sorted(map(str, top.iterdir()))], check=True,
                          capture_output=True, text=True).stdout
    flaws = [line for line in told.splitlines() if not line.endswith((' 0 ', ' 1 ', ' 2 '))]
    equal(flaws, [], 'what gpuboot says')
    return {os.path.basename(line.rsplit(': ', 1)[0]): int(line.rsplit(': ', 1)[1]) for line in told.splitlines()}


def cri_of(dump):
    plugins = dump['plugins']
    return plugins[KEY[3]] if KEY[3] in plugins else plugins[KEY[2]]


def without_cdi(dump):
    """All that is the operator's. 1.x puts the files that it read under "imports", 2.x what they say."""
    rest = copy.deepcopy(dump)
    rest.pop('imports', None)
    for key in ['enable_cdi', 'cdi_spec_dirs']:
        cri_of(rest).pop(key, None)
    return rest


def before_and_after(machine, release, found):
    """Has gpuboot configure trees; nothing of the operator's is lost, by the word of the real one."""
    shutil.rmtree(machine.path('/trees'), ignore_errors=True)
    for name in ['before', 'after']:
        write(machine.path(f'/trees/{name}'), found)
    written = configure(release, machine.path('/trees/after'))
    before, after = dumps(machine, release, '/trees/before'), dumps(machine, release, '/trees/after')
    equal(sorted(after), sorted(found))
    for name in found:
        equal(without_cdi(after[name]), without_cdi(before[name]), name)
        files = before[name].get('imports', [])
        equal([path for path in files if path not in after[name]['imports']], [], f'{name}: imports')
    return before, after, written


@case('1.7: CDI is on in every configuration, and all else is as it was')  # P25
def _(machine):
    before, after, _ = before_and_after(machine, 'trixie', BOTH)
    for name, dump in after.items():
        equal((cri_of(before[name])['enable_cdi'], cri_of(dump)['enable_cdi']), (False, True), name)
        equal(cri_of(dump)['cdi_spec_dirs'], ['/run/cdi', '/srv'] if 'folders' in name else ['/etc/cdi', '/var/run/cdi'])
    for name in ['a table, version 2', 'a table in an import of an import, version 2']:
        equal(cri_of(after[name])['containerd']['default_runtime_name'], 'operators', name)
    equal(after['imports, version 2']['oom_score'], -9)
    equal(configure('trixie', machine.path('/trees/after')), dict.fromkeys(BOTH, 0), 'a second time')


@case('1.7 takes the last table whole, as gpuboot does')
def _(machine):
    cover = f'version = 2\n[plugins."{KEY[2]}"]\nenable_cdi = true\n'
    write(machine.path('/trees/cover'), {'x': {
        MAIN: f'version = 2\n{IMPORT}' + table(2), DROP_IN: cover}})
    [dump] = dumps(machine, 'trixie', '/trees/cover').values()
    equal((cri_of(dump)['enable_cdi'], cri_of(dump)['containerd']['default_runtime_name']), (True, 'runc'))


@case('our drop-in makes way for a table that came later, in 1.7; in 2.x it takes nothing away')
def _(machine):
    for release in ['trixie', 'forky']:
        shutil.rmtree(machine.path('/trees'), ignore_errors=True)
        write(machine.path('/trees/after'), {'on': {}, 'off': {}})
        configure('trixie', machine.path('/trees/after'))
        main = {name: (machine.path('/trees/after') / name / MAIN) for name in ['on', 'off']}
        equal([path.read_text() for path in main.values()], [f'version = 2\n{IMPORT}'] * 2)
        for name, path in main.items():
            path.write_text(path.read_text() + table(2, 'enable_cdi = false\n' if name == 'off' else ''))
        configure(release, machine.path('/trees/after'))
        after = dumps(machine, release, '/trees/after')
        for name, dump in after.items():
            equal((cri_of(dump)['enable_cdi'], cri_of(dump)['containerd']['default_runtime_name']),
                  (name == 'on', 'operators'), f'{release}: {name}')


@case('2.x: the same, with the key of each version')
def _(machine):
    found = {**BOTH, **trees(3)}
    _, after, written = before_and_after(machine, 'forky', found)
    equal([name for name in found if not written[name]], [], 'no file was written')
    for name, dump in after.items():
        equal((dump['version'] >= 3, cri_of(dump)['enable_cdi']), (True, True), name)
    bare = machine.path('/trees/after') / 'bare, version 3'
    contains((bare / DROP_IN).read_text(), f'[plugins."{KEY[3]}"]\nenable_cdi = true\n')


@case('2.x merges key by key: a drop-in that 1.7 got is harmless beside a table of version 3')
def _(machine):
    shutil.rmtree(machine.path('/trees'), ignore_errors=True)
    write(machine.path('/trees/after'), {'x': {}})
    configure('trixie', machine.path('/trees/after'))
    (machine.path('/trees/after/x') / MAIN).write_text(f'version = 3\n{IMPORT}' + table(3))
    [dump] = dumps(machine, 'forky', '/trees/after').values()
    equal((cri_of(dump)['enable_cdi'], cri_of(dump)['device_ownership_from_security_context'],
           cri_of(dump)['containerd']['default_runtime_name']), (True, True, 'operators'))


@case('Debian 12\'s 1.6, which knows no CDI, reads all of it and keeps what there is')
def _(machine):
    _, after, _ = before_and_after(machine, 'bookworm', BOTH)
    assert 'enable_cdi' not in cri_of(after['a table, version 2']), 'it does know CDI'
    contains(str(after['no file']['imports']), f'/{DROP_IN}')
