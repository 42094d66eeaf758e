# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases in the order they are written, each one line of output; the smallest runner that does."""
import time
import traceback

from machine import Machine

passed, failed = [], []


def case(name):
    """Marks a function as a test. It takes the machine, and fails by raising."""
    def mark(function):
        function.__globals__.setdefault('CASES', []).append((name, function))
        return function
    return mark


def run_all(module, base, deb, keep):
    """One machine for a file, by its own `Machine` if it has one: its `prepare`, then its cases one after the other."""
    title = module.__name__.removeprefix('test_')
    machine = getattr(module, 'Machine', Machine)(base, title)
    before = len(failed)
    try:
        if not one(f'{title}: prepare', lambda: module.prepare(machine, deb)):
            return
        for name, function in module.CASES:
            one(f'{title}: {name}', lambda: function(machine))
    finally:
        if keep and len(failed) > before:
            machine.power_off()
            print(f'# kept: {machine.folder}')
        else:
            machine.destroy()


def one(name, function):
    begin = time.monotonic()
    try:
        function()
    except Exception as error:  # a case fails by any exception
        place = traceback.extract_tb(error.__traceback__)
        line = next((f'{entry.filename.rsplit("/", 1)[-1]}:{entry.lineno}' for entry in reversed(place)
                     if '/test_' in entry.filename), '')
        print(f'not ok {name}: {line}: {error or type(error).__name__}', flush=True)
        failed.append(name)
        return False
    print(f'ok {name} ({time.monotonic() - begin:.1f} s)', flush=True)
    passed.append(name)
    return True


def equal(found, wanted, what=''):
    assert found == wanted, f'{what}: wanted {wanted!r}, found {found!r}'


def contains(text, *words):
    for word in words:
        assert word in text, f'wanted {word!r} in: {text[-1500:]}'


def within(seconds, holds, what):
    """Asks again until it holds; for what announces itself in no other way."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f'not within {seconds} s: {what}'


def summary():
    print(f'{len(passed)} passed, {len(failed)} failed')
    return 1 if failed or not passed else 0
