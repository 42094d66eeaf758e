# SPDX-License-Identifier: LGPL-2.1-or-later
"""The project's files and how a check ends: nothing to say, or one line for each flaw."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(*patterns):
    """What git tracks, as paths below ROOT; in a tree without git all but builds and caches."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        names = [pathlib.Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
    kept = [name for name in sorted(names)
            if (ROOT / name).is_file() and not (ROOT / name).is_symlink()
            and not name.parts[0].startswith("build") and "__pycache__" not in name.parts]
    return [name for name in kept if not patterns or any(name.match(p) for p in patterns)]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def lines(name):
    return enumerate(text(name).splitlines(), start=1)


def finish(flaws, looked_at):
    """`looked_at` counts what was checked: a check that looked at nothing has failed too."""
    for flaw in flaws:
        print(flaw)
    print(f"{looked_at} looked at, {len(flaws)} flaws")
    sys.exit(1 if flaws or not looked_at else 0)
