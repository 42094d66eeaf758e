#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""clang-tidy-19 with the project's .clang-tidy over every source of src/. Usage: BUILD_FOLDER"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import tree


def told(build, line):
    """Relative to the project, wherever the build folder lies."""
    path, _, rest = line.partition(":")
    name = (build / path).resolve()
    return f"{name.relative_to(tree.ROOT)}:{rest}" if name.is_relative_to(tree.ROOT) else line


def tidy(build, name):
    found = subprocess.run(["clang-tidy-19", "--quiet", "-p", build, name], capture_output=True,
                           text=True)
    if found.returncode == 0:
        return []
    return [told(build, line) for line in found.stdout.splitlines() if ": error: " in line or
            ": warning: " in line] or [f"{name}: {found.stdout}{found.stderr}"]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    compiled = json.loads((build / "compile_commands.json").read_text())
    names = sorted({str((pathlib.Path(entry["directory"]) / entry["file"]).resolve())
                    for entry in compiled})
    names = [name for name in names if name.startswith(str(tree.ROOT / "src") + "/")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        flaws = [flaw for found in pool.map(lambda name: tidy(build, name), names)
                 for flaw in found]
    tree.finish(sorted(set(flaws)), len(names))


main()
