"""Not one byte is free on /data: it starts and listens all the same."""

from __future__ import annotations

from collections.abc import Iterator

from image_trials import failed_units, listens_again

from image_checks import Bench, Row

NAME = "fulldisk"
HELP = "/data is full: it starts and listens all the same"
ORDER = 120
FILL = "for size in 1M 1; do dd if=/dev/zero bs=$size 2>/dev/null >>/data/full; done; sync; df -B1 /data"
"""fallocate would do, were it not for blocks that ext4 keeps for root: dd as root takes those too."""


def run(bench: Bench) -> Iterator[Row]:
    """Three rows."""
    guest = bench.guest
    free = guest.run(FILL, 900)[1].splitlines()[-1].split()[3]
    yield Row("nothing is free", int(free) < 4_096, f"{free} bytes")
    guest.cut()
    guest.start()
    seconds = listens_again(guest)
    failed = failed_units(guest)
    yield Row("it listens", True, f"{seconds:.0f} s")
    yield Row("no failed units", not failed, " ".join(failed))
    guest.says("rm /data/full; sync")
