#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every fault has a test that cites its number, or a line in tests/faults.md that says what holds instead."""
import re

import tree

# Power cuts, storage, bakes, text inputs, compiles, kernel and devices; depots and network.
FAULTS = [*range(1, 94), *range(119, 131)]
TABLE = "tests/faults.md"


def cited():
    """The faults that a test names; this table and these checks are none."""
    numbers = set()
    for name in tree.files():
        if name.parts[0] == "tests" and name.parts[1] != "checks" and name.suffix != ".md":
            numbers |= {int(number) for number in re.findall(r"\bF-(\d+)\b", tree.text(name))}
    return numbers


def explained():
    return {int(number) for number in re.findall(r"^\| F-(\d+) \|", tree.text(TABLE), re.M)}


def flaws():
    tests, lines = cited(), explained()
    for number in FAULTS:
        if number not in tests | lines:
            yield f"{TABLE}: F-{number:02} has neither a test nor a line here"
    for number in sorted(tests & lines):
        yield f"{TABLE}: F-{number:02} has a test: its line here can go"


tree.finish(list(flaws()), len(FAULTS))
