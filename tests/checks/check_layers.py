#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom, which room may know which library, and how long a file may be.

The table of src/README.md says the same as MAY_KNOW; that is checked too."""
import re

import tree

ORDER = ["base", "model", "input", "decide", "source", "report", "execute", "flow", "bus",
         "daemon", "cli"]
MAY_KNOW = {
    "base": set(),
    "model": {"base"},
    "input": {"base", "model"},
    "decide": {"model"},
    "source": {"base", "model", "input"},
    "report": {"base", "model"},
    "execute": set(ORDER[:6]),
    "flow": set(ORDER[:7]),
    "bus": {"base", "model", "decide", "report"},
    "daemon": set(ORDER[:9]) - {"execute", "flow"},
    "cli": set(ORDER[:10]),
}
# Rooms without side effects include these and nothing else of the system.
PURE = {"decide", "model"}
PURE_HEADERS = {
    "algorithm", "array", "cerrno", "compare", "cstddef", "cstdint", "cstdio", "cstring",
    "functional", "initializer_list", "iterator", "limits", "map", "numeric", "optional", "ranges",
    "set", "span", "string", "string_view", "tuple", "type_traits", "utility", "variant", "vector",
}
# A library's header, and the only places that may know it.
LIBRARIES = {
    r"toml\+\+|nlohmann": ["src/base/document.cpp"],
    r"openssl": ["src/base/digest.cpp", "src/input/certificate.cpp", "src/input/module_signature.cpp"],
    r"spdlog": ["src/base/log.cpp"],
    r"CLI/": ["src/cli/"],
    r"libkmod": ["src/input/modinfo.cpp", "src/execute/kernel_modules.cpp"],
    r"zstd|lzma|zlib": ["src/base/compression.cpp"],
    r"libudev": ["src/input/gpus.cpp", "src/daemon/"],
    r"systemd/sd-bus": ["src/bus/", "src/daemon/", "src/cli/bus_client"],
    r"systemd/sd-journal": ["src/report/journal.cpp"],
    r"thread|atomic": ["src/base/at_once.cpp"],
    r"mutex|future|condition_variable|regex|iostream": [],
}
LONGEST = 300
CODE = ["*.cpp", "*.hpp", "*.c", "*.h", "*.py"]
SPDX_FREE = re.compile(r"(^|/)(LICENSE|\.[^/]+|changelog|format|expected\.txt|copyright)$|\.md$|"
                       r"^tests/golden|^tests/trees/|/linux-|initramfs-modules$|compat$")


def include_flaws(name):
    room = name.parts[1]
    for number, line in tree.lines(name):
        own = re.match(r'#include "([^"/]+)/', line)
        if own and own[1] != room and own[1] not in MAY_KNOW[room]:
            yield f"{name}:{number}: {room} may not know {own[1]}"
        if re.match(r'#include "[^/]*"', line):
            yield f"{name}:{number}: an include without its room"
        foreign = re.match(r"#include <([^>]+)>", line)
        if not foreign:
            continue
        if room in PURE and foreign[1] not in PURE_HEADERS:
            yield f"{name}:{number}: {room} is pure and may not know <{foreign[1]}>"
        for header, places in LIBRARIES.items():
            if re.match(header, foreign[1]) and not str(name).startswith(tuple(places)):
                yield f"{name}:{number}: <{foreign[1]}> is known to {' '.join(places) or 'nobody'}"


def readme_flaws():
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", tree.text("src/README.md"), re.M)
    told = {}
    for room, words in rows:
        above = set(ORDER[:ORDER.index(room)]) if room in ORDER else set()
        kept = words.split("but")[-1] if "but" in words else ""
        named = set(re.findall(r"\w+", words)) & set(ORDER)
        told[room] = above - set(re.findall(r"\w+", kept)) if "all above" in words else named
    for room, allowed in MAY_KNOW.items():
        if told.get(room) != allowed:
            yield (f"src/README.md: {room} may know {sorted(told.get(room, []))}, "
                   f"check_layers.py says {sorted(allowed)}")


def main():
    flaws = list(readme_flaws())
    sources = tree.files("src/*/*.cpp", "src/*/*.hpp")
    for name in sources:
        if name.parts[1] not in MAY_KNOW:
            flaws.append(f"{name}: the room {name.parts[1]} is not in the table")
        else:
            flaws += include_flaws(name)
    for name in tree.files(*CODE):
        length = len(tree.text(name).splitlines())
        if length >= LONGEST:
            flaws.append(f"{name}: {length} lines; a file has less than {LONGEST}")
    for name in tree.files():
        if not SPDX_FREE.search(str(name)) and "SPDX-License-Identifier" not in tree.text(name):
            flaws.append(f"{name}: no SPDX-License-Identifier")
    tree.finish(flaws, len(sources))


main()
