"""Without a network it starts and listens: nothing waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from image_trials import failed_units, listens_again

from image_checks import Bench, Row

NAME = "nonetwork"
HELP = "no network at all: it starts and listens"
ORDER = 130


def run(bench: Bench) -> Iterator[Row]:
    """Two rows."""
    guest = bench.guest
    guest.says("sync")
    guest.cut()
    usual = guest.machine
    guest.machine = replace(usual, network=False)
    try:
        guest.start()
        seconds = listens_again(guest)
        interfaces = guest.says("ls /sys/class/net").split()
        failed = failed_units(guest)
    finally:
        guest.machine = usual
    yield Row("it listens", interfaces == ["lo"], f"{seconds:.0f} s, interfaces: {' '.join(interfaces)}")
    yield Row("no failed units", not failed, " ".join(failed))
