"""The power goes while an update is written: the running version starts again, and the update is begun anew.

After the last cut it is left alone, and what it leads to, an update that starts next, is what `update` and
`rollback` begin with.
"""

from __future__ import annotations

from collections.abc import Iterator

from image_trials import Armed, cut_while_writing, finish_writing, keep, make_stick, with_port

from image_checks import Bench, Row

NAME = "writing"
HELP = "the power goes while an update is written: the running version listens again"
ORDER = 205
OWN_GUEST = True
PERCENT = (45, 80, 25, 60, 95)
"""RAUC counts the check of the bundle as the first fifth; then come root and hashes."""


def run(bench: Bench) -> Iterator[Row]:
    """One row a cut."""
    machine = bench.machine("armed")
    machine.make_disk()
    stick = machine.folder / "stick.img"
    make_stick(bench.bundle(), stick)
    began = False
    for number in range(bench.tries or 1):
        percent = PERCENT[number % len(PERCENT)]
        seen = cut_while_writing(with_port(machine, stick), percent)
        if began:
            yield Row("it listens, on the slot that ran", seen.good, f"{seen.seconds:.0f} s", seen.detail)
        yield Row(
            "the power goes while the slot is written", seen.writing, f"at {seen.percent} %", seen.detail
        )
        began = True
    seen = finish_writing(with_port(machine, stick))
    yield Row("it listens, on the slot that ran", seen.good, f"{seen.seconds:.0f} s", seen.detail)
    yield Row("left alone, the update is installed", seen.writing, "", seen.detail)
    if seen.writing:
        bench.armed = Armed(machine, seen.seconds)
        keep(bench.armed, bench.kept(bench.bundle()))
