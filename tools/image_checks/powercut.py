"""The power goes while /data is written: it comes back listening, with /data whole."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from image_trials import failed_units, listens_again

from image_checks import Bench, Row

NAME = "powercut"
HELP = "the power goes while /data is written: it listens again, /data is whole"
ORDER = 110
WRITER = (
    "mkdir -p /data/system/trial; (n=0; while :; do n=$((n+1)); f=/data/system/trial/$((n%50)); "
    "head -c 300000 /dev/urandom >$f.new; [ $((n%5)) = 0 ] && sync $f.new; mv $f.new $f; done) "
    ">/dev/null 2>&1 &"
)
ERRORS = "dmesg | grep -i -e 'EXT4-fs.*error' -e 'I/O error' | head -n 5"
WHOLE = "findmnt -n -o OPTIONS /data | grep -q -w rw && ! test -e /run/appliance-problems/data"


def run(bench: Bench) -> Iterator[Row]:
    """A row a cut."""
    guest = bench.guest
    for _ in range(bench.tries or 1):
        guest.says("sync")
        guest.says(WRITER)
        seconds = random.uniform(3, 15)
        time.sleep(seconds)
        guest.cut()
        guest.start()
        again = listens_again(guest)
        errors = guest.run(ERRORS)[1].strip()
        whole = guest.run(WHOLE)[0] == 0
        guest.says("rm -rf /data/system/trial")
        failed = failed_units(guest)
        yield Row(
            f"cut {seconds:.0f} s after writing began: it listens, /data is whole",
            whole and not errors and not failed,
            f"{again:.0f} s",
            errors + " ".join(failed),
        )
