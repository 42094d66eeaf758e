#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every reason has a sentence, a remedy, a journal event with a catalog entry, a golden case and a
paragraph in gpuboot-reasons(7); and none of these speaks of a reason that there is not."""
import re

import tree

PAGE = "packaging/man/gpuboot-reasons.7.scd"
TABLE = "src/model/reason.cpp"
EVENTS = "src/report/journal.cpp"
SHORTEST = 80  # characters of a paragraph that explains anything


def table():
    """Code to (name, sentence, remedy), as the table says."""
    text = '"((?:[^"\\\\]|\\\\.)*)"'
    strings = rf'((?:{text}\s*)+)'
    source = re.sub(r"^\s*//.*$", "", tree.text(TABLE), flags=re.M)
    rows = re.findall(rf"\{{(\w+),\s*{text},\s*{strings},\s*{strings}\}}", source)
    return {row[0]: (row[1], row[2], row[4]) for row in rows}


def codes():
    body = re.search(r"enum class ReasonCode \{(.*?)\};", tree.text("src/model/reason.hpp"), re.S)[1]
    return re.findall(r"^\s*(\w+),?", re.sub(r"//.*", "", body), re.M)


def event_ids():
    """Code to the id of its event."""
    names = dict(re.findall(r'Event (\w+)\{"[^"]+",\s*"([0-9a-f]{32})"\}', tree.text("src/base/names.hpp")))
    body = re.search(r"event_of\(ReasonCode code\) \{(.*?)\n\}", tree.text(EVENTS), re.S)[1]
    ids = {}
    for cases, event in re.findall(r"((?:case \w+:\s*)+)return names::(\w+);", body):
        for code in re.findall(r"case (\w+):", cases):
            ids[code] = names.get(event, "")
    return ids


def paragraphs():
    """Name to paragraph, as the page has them."""
    return {name: " ".join(text.split()) for name, text in
            re.findall(r"^\*([a-z_]+)\*\n((?:\t.*\n)+)", tree.text(PAGE), re.M)}


def shown():
    """Names that some golden case yields."""
    texts = "".join(path.read_text() for folder in ("golden", "golden-devices", "golden-foreign")
                    for path in (tree.ROOT / "tests" / folder).glob("*/expected.txt"))
    return set(re.findall(r"\[([a-z_]+)\]$", texts, re.M))


def main():
    flaws = []
    rows, events, page, cases = table(), event_ids(), paragraphs(), shown()
    described = {entry[:32] for entry in
                 re.split(r"^-- ", tree.text("packaging/catalog/gpuboot.catalog"), flags=re.M)[1:]}
    for code in codes():
        if code not in rows:
            flaws.append(f"{TABLE}: no row for {code}")
            continue
        name, sentence, remedy = rows[code]
        if len(sentence) < 7 or len(remedy) < 10:
            flaws.append(f"{TABLE}: {name} has no sentence or no remedy")
        if events.get(code) not in described:
            flaws.append(f"{EVENTS}: {name} has no event that the catalog describes")
        if name not in cases:
            flaws.append(f"tests/golden/: no case yields {name}")
        if len(page.get(name, "")) < SHORTEST:
            flaws.append(f"{PAGE}: no paragraph on {name}")
        elif sentence.strip('"') in page[name]:
            flaws.append(f"{PAGE}: {name} only repeats the table")
    names = {row[0] for row in rows.values()}
    for name in sorted(set(page) - names):
        flaws.append(f"{PAGE}: there is no reason {name}")
    for name in sorted(set(rows) - set(codes())):
        flaws.append(f"{TABLE}: there is no code {name}")
    if len(names) < 30 or len(page) < 30:
        flaws.append(f"found {len(names)} reasons and {len(page)} paragraphs only")
    tree.finish(flaws, len(names))


main()
