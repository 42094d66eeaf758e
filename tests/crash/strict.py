# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the system calls of the driver as POSIX alone would have them: a file's content is on disk when the file
was synced since its last write, a folder's entries when the folder was synced since its last change, and nothing
else is. Journals promise more; a step that relies on that is found here.
"""
import os
import re
import subprocess
import tempfile
from pathlib import Path

CALLS = 'write,fsync,fdatasync,openat,openat2,mkdirat,unlinkat,rename,renameat,renameat2,symlinkat'
STORE, RECORDS = '/var/lib/gpuboot/bakes', '/var/lib/gpuboot/records'
LINE = re.compile(r'^(\w+)\((.*)\)\s+= (-?\d+)(?:<(.*?)>)?')
AT = re.compile(r'(?:AT_FDCWD|\d+)<(.*?)>, "(.*?)"')
PLAIN = re.compile(r'"([^"]*)"')


class Disk:
    """What may be lost: files written, and folders changed, since they were synced."""

    def __init__(self, root):
        self.root, self.written, self.changed, self.hidden = root, set(), set(), set()

    def see(self, line):
        """The flaw that this call shows; '' for none."""
        match = LINE.match(line)
        if not match or match[3].startswith('-'):
            return ''
        call, words, _, result = match.groups()
        paths = [os.path.normpath(f'{folder}/{name}') for folder, name in AT.findall(words)]
        if call == 'rename':
            paths = PLAIN.findall(words)
        handle = re.match(r'\d+<(.*?)>', words)
        return self.act(call, [self.inside(path) for path in paths],
                        self.inside(handle[1]) if handle else '', words, self.inside(result or ''))

    def inside(self, path):
        return path[len(self.root):] if path.startswith(self.root + '/') else ''

    def act(self, call, paths, handle, words, result):
        if call == 'write':
            if '"mark ' in words:
                return self.report()
            if handle:
                self.written.add(handle)
        elif call in ('fsync', 'fdatasync'):
            self.written.discard(handle)
            self.changed.discard(handle)
            if handle == STORE:
                self.hidden.clear()
        elif call.startswith('open') and 'O_TRUNC' in words and os.path.dirname(result) == RECORDS and \
                not result.endswith('.tmp'):
            return f'{result} is overwritten in place'
        elif call.startswith('open') and 'O_CREAT' in words and result:
            self.changed.add(os.path.dirname(result))
            self.written.add(result)
        elif call in ('mkdirat', 'symlinkat') and paths and paths[0]:
            self.changed.add(os.path.dirname(paths[0]))
            if call == 'mkdirat':
                self.changed.add(paths[0])
        elif call == 'unlinkat' and paths and paths[0]:
            return self.remove(paths[0])
        elif call.startswith('rename') and len(paths) == 2 and all(paths):
            return self.rename(*paths)
        return ''

    def remove(self, path):
        self.changed.add(os.path.dirname(path))
        self.written.discard(path)
        self.changed.discard(path)
        if path.startswith(STORE + '/'):
            entry = '/'.join(path.split('/')[:6])
            if not os.path.basename(entry).startswith('.'):
                return f'{path} is deleted under a name that is a bake'
            if entry in self.hidden:
                return f'{path} is deleted before the new name of its folder is on disk'
        return ''

    def rename(self, source, target):
        flaw = ''
        visible = not os.path.basename(target).startswith('.')
        important = os.path.dirname(target) in (STORE, RECORDS)
        pending = [path for path in self.written | self.changed if path == source or path.startswith(source + '/')]
        if visible and important and pending:
            flaw = f'{target} gets its name before {sorted(pending)[0]} is on disk'
        for known in (self.written, self.changed):
            for path in [path for path in known if path == source or path.startswith(source + '/')]:
                known.discard(path)
                known.add(target + path[len(source):])
        self.changed |= {os.path.dirname(source), os.path.dirname(target)}
        if os.path.basename(target).startswith('.del-') and not os.path.basename(source).startswith('.'):
            self.hidden.add(target)
        return flaw

    def report(self):
        """Done was said: what it speaks of must be on disk."""
        for path in sorted(self.written | self.changed):
            if path in (STORE, RECORDS) or path.startswith((STORE + '/', RECORDS + '/')):
                return f'"done" is said before {path} is on disk'
        return ''


def flaw(driver, scratch, mutant):
    """The first step of the driver's life that relies on more than POSIX promises; '' for none."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        root, trace = Path(folder) / 'root', Path(folder) / 'trace'
        subprocess.run([driver, 'make', root], check=True)
        played = subprocess.run(
            ['strace', '-y', '-s', '8', '-o', trace, '-e', f'trace={CALLS}', driver, 'play', root],
            input='\n' * 64, capture_output=True, text=True, env={**os.environ, 'GPUBOOT_MUTANT': mutant})
        lines = trace.read_text(errors='replace').splitlines()
        if played.returncode != 0 or sum('"mark ' in line for line in lines) < 5:
            return f'the driver could not be traced: {played.stdout}{played.stderr}'
        disk = Disk(str(root))
        return next((found for line in lines if (found := disk.see(line))), '')
