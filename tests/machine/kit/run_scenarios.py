# SPDX-License-Identifier: LGPL-2.1-or-later
"""run [NAME ...]: boots the machines of scenarios/ and checks what gpuboot made of them.

A scenario is a file with machine(kit), the arguments of its Guest, and check(guest, checks).
"""

import argparse
import importlib.util
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import config
import newer_systemd
from cache import Cache
from checks import Checks, report
from guest import Guest
from image import Builder, Image
from progress import Progress
from small_bakes import SmallBakes
from tree import Failed


@dataclass
class Kit:
    image: Image
    small: SmallBakes
    newer_systemd: dict
    logs: Path


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def play(path, kit):
    """One scenario from power-on to power-off."""
    checks = Checks(path.stem)
    start = time.monotonic()
    try:
        scenario = load(path)
        with Guest(kit.image, kit.logs / f"{path.stem}.log", **scenario.machine(kit)) as guest:
            try:
                scenario.check(guest, checks)
            except Exception:
                checks.broke(traceback.format_exc(limit=-3))
            if checks.failed:
                checks.say(f"{path.stem}, as the machine sees it:\n{guest.failures()}")
    except Exception:
        checks.broke(traceback.format_exc(limit=-3))
    checks.say(f"{path.stem}: {time.monotonic() - start:.0f} s, console: {kit.logs / path.stem}.log")
    return checks


def prepare(progress, arguments):
    cache = Cache(config.cache_folder())
    image = Builder(cache, progress, arguments.fresh_bake).image()
    with cache.locked():
        small = SmallBakes.make(cache, image, progress)
    systemd = newer_systemd.fetch(cache, progress)
    logs = cache.folder / "logs"
    logs.mkdir(exist_ok=True)
    progress.done()
    return Kit(image, small, systemd, logs)


def arguments_of(names):
    parser = argparse.ArgumentParser(prog="tests/machine/run", description=__doc__.split("\n")[0])
    parser.add_argument("scenarios", nargs="*", metavar="NAME", help="which ones (default: all): " + ", ".join(names))
    parser.add_argument("--jobs", type=int, default=2, help="machines at a time (default: 2)")
    parser.add_argument("--fresh-bake", action="store_true", help="compile the driver even if a bake is kept")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenarios) - set(names):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    return arguments


def main():
    # What has most to say takes longest: begun last, it would run alone.
    paths = sorted((config.HERE / "scenarios").glob("*.py"), key=lambda path: -path.stat().st_size)
    arguments = arguments_of([path.stem for path in paths])
    chosen = [path for path in paths if path.stem in arguments.scenarios or not arguments.scenarios]
    start = time.monotonic()
    try:
        kit = prepare(Progress(), arguments)
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    done = []
    with ThreadPoolExecutor(max_workers=min(arguments.jobs, os.cpu_count() or 1)) as pool:
        for checks in pool.map(lambda path: play(path, kit), chosen):
            print(*checks.lines, sep="\n", flush=True)
            done.append(checks)
    return report(done, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
