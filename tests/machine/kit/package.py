#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""package.py: the .deb of this very source, built when the cache has none. Prints its path as the last line; for
the tiers that boot something else than this one does."""

import config
from cache import Cache
from image import Builder
from progress import Progress

print(Builder(Cache(config.cache_folder()), Progress()).package())
