# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job from an empty cache to a machine with a ready GPU, and its own words about it."""

import json
import sys

import config
from cache import Cache
from guest import Guest, GuestError
from image import Builder
from progress import Progress
from tree import Failed

# The report is a long line of JSON, and busctl makes its column as wide: values are cut here.
SHOW = r"""
echo '$ gpubootctl status'
gpubootctl status || true
properties() {
    printf '\n$ busctl introspect org.gpuboot1 %s %s\n' "$1" "$2"
    busctl introspect --no-pager org.gpuboot1 "$1" "$2" | awk '$2 == "property" {
        name = $1; signature = $3; flags = $NF
        $1 = $2 = $3 = $NF = ""
        gsub(/^ +| +$/, "")
        printf "%-15s %-8s %-70s %s\n", name, signature, (length > 70 ? substr($0, 1, 67) "..." : $0), flags
    }'
}
properties /org/gpuboot1 org.gpuboot1.Manager
for gpu in $(busctl --list tree org.gpuboot1 | grep '^/org/gpuboot1/gpu/'); do
    properties "$gpu" org.gpuboot1.Gpu
done
"""


def main():
    progress = Progress()
    cache = Cache(config.cache_folder())
    try:
        image = Builder(cache, progress, fresh_bake="--fresh-bake" in sys.argv).image()
        progress.step("booting a machine with one GPU made in software")
        with Guest(image, cache.folder / "main-job.log") as guest:
            guest.wait_for_boot()
            progress.done()
            print(guest.get(SHOW), flush=True)
            ready = json.loads(guest.run("gpubootctl status --json").out).get("ready")
            if not ready:
                print(guest.failures(), file=sys.stderr)
    except (Failed, GuestError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
