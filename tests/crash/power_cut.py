#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""power_cut DRIVER BLOCK_LOG STATES: the disks that power cuts leave (fault-model.md 5.6, F-02, F-03,
F-04, F-05, F-06, F-10, F-12, F-28), on each file system; then mutants of the protocol, each of which must be noticed.
"""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import strict
from block_device import FILE_SYSTEMS, Log, LoggedDisk, loop_on, run

MUTANTS = [
    'module-not-synced', 'marker-not-synced', 'modules-folder-not-synced', 'bake-folder-not-synced',
    'store-not-synced-after-publish', 'store-not-synced-after-hiding', 'store-not-synced-after-deletion',
    'record-not-synced', 'record-folder-not-synced', 'record-in-place', 'published-before-sync',
    'deleted-before-hidden', 'marker-goes-last', 'marker-comes-last-in-place',
]
MUTANT_STATES = 30


class Marks:
    """What the driver reported, and where the log was then."""

    def __init__(self):
        self.known = [(0, set(), '')]
        self.shared = False

    def add(self, position, line):
        _, ids, record = line.split()
        self.known.append((position, set(ids.split(',')) - {'-'}, record))

    def allowed(self, log, count):
        """After `count` records: what must be there, what may, and what the record may say."""
        reached = max(i for i, mark in enumerate(self.known) if log.count_until(mark[0]) <= count)
        _, before, record = self.known[reached]
        _, after, next_record = self.known[min(reached + 1, len(self.known) - 1)]
        return before & after, before ^ after, {record, next_record}

    def positions(self, log):
        return [log.count_until(position) for position, _, _ in self.known[1:]]


def shares(folder):
    """Whether a module of one bake has blocks in common with another's."""
    modules = [path for path in Path(folder).glob('var/lib/gpuboot/bakes/[!.]*/modules/*') if path.stat().st_nlink == 1]
    return bool(modules) and 'shared' in run('filefrag', '-v', *modules)


def play(driver, folder, marks, position, mutant):
    environment = {**os.environ, 'GPUBOOT_MUTANT': mutant}
    with subprocess.Popen([driver, 'play', folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=environment) as player:
        for line in player.stdout:
            if not line.startswith('mark '):
                raise RuntimeError(f'the driver says: {line}')
            marks.add(position(), line)
            marks.shared = marks.shared or shares(folder)
            player.stdin.write('\n')
            player.stdin.flush()
    if player.returncode != 0:
        raise RuntimeError('the driver failed')


class Cuts:
    """One file system, the driver's life of a store on it, and every disk a cut may have left."""

    def __init__(self, tools, file_system, scratch, mutant=''):
        self.driver, self.file_system = tools[0], file_system
        self.scratch = Path(tempfile.mkdtemp(dir=scratch))
        self.base, self.mount = self.scratch / 'base', self.scratch / 'mount'
        self.mount.mkdir()
        file_system.make(self.base)
        with loop_on(self.base) as device, file_system.mounted(device, self.mount):
            run(self.driver, 'make', self.mount)
        self.marks = Marks()
        with LoggedDisk(tools[1], self.base, self.scratch) as disk:
            with file_system.mounted(disk.device, self.mount):
                play(self.driver, self.mount, self.marks, disk.position, mutant)
        self.log = Log(disk.log)

    def flaw(self, count, seed):
        """What is wrong after recovery on the disk of a cut after `count` records; '' for nothing."""
        state = self.scratch / 'state'
        run('cp', '--sparse=always', self.base, state)
        self.log.write(self.log.state(count, seed), state)
        must, may, records = self.marks.allowed(self.log, count)
        words = [','.join(sorted(filter(None, part))) or '-' for part in (must, may)]
        try:
            with loop_on(state) as device, self.file_system.mounted(device, self.mount):
                done = subprocess.run([self.driver, 'verify', self.mount, *words, ','.join(sorted(records))],
                                      capture_output=True, text=True)
        except RuntimeError as error:
            return str(error)
        return done.stdout.strip() or done.stderr.strip() or 'no word' if done.returncode else ''

    def states(self, wanted):
        """Pairs (count, seed), spread over the whole log; after each report first."""
        total = len(self.log.records)
        chosen = [(count, None) for count in self.marks.positions(self.log)]
        number = 0
        while len(chosen) < wanted and number < 20 * wanted:
            count = 1 + (number * 7919) % total
            pair = (count, None if number % 3 == 0 else number)
            if pair not in chosen and (pair[1] is None or self.log.last_flush(count) < count):
                chosen.append(pair)
            number += 1
        return chosen

    def distinct(self, pairs):
        """Two cuts that leave the same records are one."""
        seen = {}
        for count, seed in pairs:
            seen.setdefault((tuple(self.log.state(count, seed)), count), (count, seed))
        return list(seen.values())


def cut(tools, file_system, scratch, wanted):
    """Prints the result; returns the number of disks looked at and whether all were right."""
    start = time.monotonic()
    if not file_system.can_mount():
        print(f'FAIL power cuts on {file_system.name}: this kernel or this system has no {file_system.kind}')
        return 0, False
    cuts = Cuts(tools, file_system, scratch)
    if cuts.marks.shared != file_system.shares:
        print(f'FAIL bakes on {file_system.name} share blocks: wanted {file_system.shares}')
        return 0, False
    pairs = cuts.distinct(cuts.states(wanted))
    bad = [(pair, flaw) for pair in pairs if (flaw := cuts.flaw(*pair))]
    for (count, seed), flaw in bad[:5]:
        print(f'  after record {count} of {len(cuts.log.records)}, seed {seed}: {flaw}')
    print(f'{"FAIL" if bad else "ok"} power cuts on {file_system.name}: {len(pairs)} disks, {len(bad)} wrong, '
          f'{len(cuts.log.records)} records ({time.monotonic() - start:.0f} s)', flush=True)
    return len(pairs), not bad


def notice(tools, mutant, scratch):
    """Who notices that the protocol is broken there: '' for nobody."""
    for file_system in FILE_SYSTEMS:
        if not file_system.can_mount():
            continue
        cuts = Cuts(tools, file_system, scratch, mutant)
        for pair in cuts.distinct(cuts.states(MUTANT_STATES)):
            if flaw := cuts.flaw(*pair):
                return f'a power cut on {file_system.name}: {flaw}'
    # What these file systems forgive, others need not: what POSIX promises is less.
    flaw = strict.flaw(tools[0], scratch, mutant)
    return f'the strict reading of POSIX: {flaw}' if flaw else ''


def main():
    tools, wanted = sys.argv[1:3], int(sys.argv[3])
    passed = failed = disks = 0

    def count(good):
        nonlocal passed, failed
        passed, failed = passed + bool(good), failed + (not good)

    with tempfile.TemporaryDirectory(dir='/dev/shm', prefix='gpuboot-cuts-') as scratch:
        for file_system in FILE_SYSTEMS:
            number, good = cut(tools, file_system, scratch, wanted // len(FILE_SYSTEMS))
            disks += number
            count(good)
        flaw = strict.flaw(tools[0], scratch, '')
        print(f'{"FAIL" if flaw else "ok"} no step relies on more than POSIX promises{flaw and ": " + flaw}')
        count(not flaw)
        caught = 0
        for mutant in MUTANTS:
            by = notice(tools, mutant, scratch)
            caught += bool(by)
            print(f'ok mutant {mutant} is noticed by {by}' if by else f'FAIL mutant {mutant} survives', flush=True)
            count(by)
    print(f'power cuts: {disks} disks; mutants noticed: {caught} of {len(MUTANTS)}')
    print(f'{passed} passed, {failed} failed')
    return failed > 0 or disks == 0


if __name__ == '__main__':
    sys.exit(main())
