#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is named in one place stands in all its places: journal events, units, bus members, driver
versions, and the files that a build or a test run must list."""
import re

import tree


def event_flaws():
    ids = set(re.findall(r'Event \w+\{"[^"]+",\s*"([0-9a-f]{32})"\}',
                         tree.text("src/base/names.hpp")))
    catalog = tree.text("packaging/catalog/gpuboot.catalog")
    entries = re.split(r"^-- ", catalog, flags=re.M)[1:]
    described = {entry[:32] for entry in entries}
    if len(ids) < 8:
        yield "src/base/names.hpp: found no events"
    for missing in ids - described:
        yield f"packaging/catalog/gpuboot.catalog: no entry for the event {missing}"
    for unknown in described - ids:
        yield f"packaging/catalog/gpuboot.catalog: nothing sends the event {unknown}"
    for entry in entries:
        for need in ("Subject: ", "Defined-By: ", "What to do"):
            if need not in entry:
                yield f"packaging/catalog/gpuboot.catalog: {entry[:32]} has no \"{need.strip()}\""
    fields = set(re.findall(r'"(GPUBOOT_[A-Z]+)"', "".join(
        tree.text(name) for name in tree.files("src/*/*.cpp"))))
    for field in set(re.findall(r"@(GPUBOOT_[A-Z]+)@", catalog)) - fields:
        yield f"packaging/catalog/gpuboot.catalog: no event has the field {field}"


def unit_flaws():
    units = {re.sub(r"\.in$", "", name.name) for name in tree.files("units/*")}
    named = re.findall(r'_(?:unit|target) = "([^"]+)"', tree.text("src/base/names.hpp"))
    if not named:
        yield "src/base/names.hpp: found no units"
    for unit in named:
        if unit not in units:
            yield f"src/base/names.hpp: {unit} is not in units/"


def bus_flaws():
    tests = "".join(tree.text(name) for name in tree.files("tests/bus/*"))
    members = 0
    for name in tree.files("dbus/*.xml"):
        for kind, member in re.findall(r'<(method|signal|property) name="(\w+)"', tree.text(name)):
            members += 1
            if not re.search(rf"\b{member}\b", tests):
                yield f"{name}: no test in tests/bus names the {kind} {member}"
    if not members:
        yield "dbus/: found no members"


def registration_flaws():
    builds = "".join(tree.text(name) for name in tree.files("src/meson.build", "src/*/meson.build"))
    for name in tree.files("src/*/*.cpp"):
        if not re.search(rf"['/]({name.parts[1]}/)?{re.escape(name.name)}'", builds):
            yield f"{name}: no meson.build of src/ lists it"
    tests = tree.text("tests/unit/meson.build")
    for name in tree.files("tests/unit/*/*_test.cpp"):
        if f"'{name.parts[2]}/{name.name}'" not in tests:
            yield f"{name}: tests/unit/meson.build does not list it"


def golden_flaws():
    for folder, facts in (("golden", "facts.toml"), ("golden-devices", "devices.toml"),
                          ("golden-markers", "case.toml"), ("golden-foreign", "inventory.toml")):
        for case in (tree.ROOT / "tests" / folder).iterdir():
            if case.is_dir() and sorted(f.name for f in case.iterdir()) != sorted(
                    ["expected.txt", facts]):
                yield f"tests/{folder}/{case.name}: wanted {facts} and expected.txt alone"


def version_flaws():
    """The pin is the one place where a driver version stands; comments and tests may quote one."""
    pinned = re.search(r'^version = "([^"]+)"', tree.text("versions.toml"), re.M)[1]
    for name in tree.files():
        if name.parts[0] == "tests" or str(name) == "versions.toml" or name.suffix == ".md":
            continue
        for number, line in tree.lines(name):
            quoted = re.match(r"\s*(//|#)", line) or "as " + pinned in line
            if pinned in line and not quoted:
                yield f"{name}:{number}: a driver version stands in versions.toml alone"


def main():
    flaws = []
    for check in (event_flaws, unit_flaws, bus_flaws, registration_flaws, golden_flaws,
                  version_flaws):
        flaws += check()
    tree.finish(flaws, len(tree.files()))


main()
