#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No file names a package registry's host, or a path of the machine somebody wrote it on: what is
installed comes from wherever the reader's own system is set up to get it."""
import re

import tree

# Written so that this file does not match itself.
HOSTS = ["(deb|security|ftp|snapshot|archive)[.]debian[.]org", "(archive|security)[.]ubuntu[.]com",
         "pypi[.]org", "files[.]pythonhosted[.]org", "registry[.]npmjs[.]org", "crates[.]io",
         "proxy[.]golang[.]org", "(docker|ghcr|nvcr|quay)[.]io", "download[.]nvidia[.]com",
         "rubygems[.]org"]
PLACES = ["(?<![\\w.-])/wor[k]/", "/home/\\w+/"]
PATTERN = re.compile("|".join(HOSTS + PLACES))
ALLOWED = re.compile(r"^LICENSE$")


def main():
    names = [name for name in tree.files() if not ALLOWED.match(str(name))]
    flaws = [f"{name}:{number}: {line.strip()[:80]}" for name in names
             for number, line in tree.lines(name) if PATTERN.search(line)]
    tree.finish(flaws, len(names))


main()
