# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what holds and what does not. One line each, `ok NAME` or `not ok NAME: wanted .., found ..`."""


class Checks:
    def __init__(self, title):
        self.title = title
        self.lines = []
        self.passed = self.failed = 0

    def equal(self, name, wanted, found):
        return self._count(name, wanted == found, f"wanted {wanted!r}, found {found!r}")

    def true(self, name, holds, found=""):
        return self._count(name, bool(holds), f"found {found!r}" if found != "" else "it does not hold")

    def contains(self, name, wanted, found):
        return self._count(name, wanted in found, f"wanted {wanted!r} in {found!r}")

    def at_most(self, name, limit, found):
        return self._count(f"{name} ({found:.3g})", found <= limit, f"wanted at most {limit}, found {found}")

    def broke(self, text):
        """Something else than a check ended the scenario."""
        self._count("runs to its end", False, text)

    def say(self, text):
        self.lines.append("# " + text)

    def _count(self, name, holds, difference):
        self.passed += holds
        self.failed += not holds
        name = f"{self.title}: {name}"
        self.lines.append(f"ok {name}" if holds else f"not ok {name}: {difference}")
        return holds


def report(all_checks, seconds):
    """The last lines of a run; returns its exit status."""
    failed = [line for checks in all_checks for line in checks.lines if line.startswith("not ok")]
    if failed:
        print("\nfailed:", *failed, sep="\n")
    print(f"# {seconds:.0f} s")
    print(f"{sum(c.passed for c in all_checks)} passed, {sum(c.failed for c in all_checks)} failed")
    return 1 if failed or not any(c.passed for c in all_checks) else 0
