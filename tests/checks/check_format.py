#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every C++ file is formatted as .clang-format says: `clang-format-19 -i FILE` does it."""
import subprocess

import tree

names = [str(tree.ROOT / name) for name in tree.files("*.cpp", "*.hpp")]
found = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *names], capture_output=True,
                       text=True)
flaws = [line for line in found.stderr.splitlines() if "error:" in line]
if found.returncode and not flaws:
    flaws = [found.stderr]
tree.finish(flaws, len(names))
