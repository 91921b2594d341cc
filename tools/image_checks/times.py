"""Where the seconds of the start go: processor time, begin and end of the services that take most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from image_checks import Bench, Row

NAME = "times"
HELP = "what the start is spent on (figures only)"
ORDER = 30
SHOWN = 14
PROPERTIES = "Id,CPUUsageNSec,InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic"
QUESTION = f"systemctl show --no-pager -p {PROPERTIES} '*.service' '*.mount' '*.target'"
LATE = ("multi-user.target", "sysinit.target", "basic.target", "network.target")


class Spent(NamedTuple):
    """One unit; seconds, of which begin and end count from the kernel's start."""

    unit: str
    cpu: float
    begin: float
    end: float


def spent(text: str) -> list[Spent]:
    """From the output of systemctl show, a block a unit."""
    found = []
    for block in text.split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        nanoseconds = values.get("CPUUsageNSec", "")
        cpu = int(nanoseconds) / 1e9 if nanoseconds.isdecimal() and len(nanoseconds) < 18 else 0.0
        begin, end = (
            int(values.get(f"{name}TimestampMonotonic") or 0) / 1e6
            for name in ("InactiveExit", "ActiveEnter")
        )
        if "Id" in values:
            found.append(Spent(values["Id"], cpu, begin, end))
    return found


def run(bench: Bench) -> Iterator[Row]:
    """A row a unit; and the whole."""
    units = spent(bench.guest.says(QUESTION))
    yield Row("processor time of all services", True, f"{sum(unit.cpu for unit in units):.0f} s")
    yield Row("kernel and initrd", True, bench.guest.run("systemd-analyze time | head -n 1")[1].strip())
    for unit in units:
        if unit.unit in LATE:
            yield Row(unit.unit, True, f"at {unit.end:.0f} s")
    for unit in sorted(units, key=lambda unit: -unit.cpu)[:SHOWN]:
        yield Row(
            unit.unit, True, f"{unit.cpu:.1f} s of processor, from {unit.begin:.0f} to {unit.end:.0f} s"
        )
