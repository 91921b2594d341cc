"""How much longer the appliance needs until it listens than the same system without it until it is up.

Without it: the same image with our units masked on the kernel's command line. Both are first boots on fresh
discs, one after the other in the same emulator, counted from the kernel's start. The guest is switched off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from image_guest import Guest, Machine
from image_observing import active_seconds, own_units, trace_refused_writes

from image_checks import Bench, Row

NAME = "boottime"
HELP = "time to listening ≤ 1.25 × time to multi-user of the same image with our units masked"
ORDER = 200
LIMIT = 1.25
PROCESSOR = "processor seconds until listening"
"""Among the notes of the bench."""
UP = "systemctl is-active -q multi-user.target"
UP_SECONDS = 1_500


def seconds_without(image: Path, units: list[str]) -> tuple[float, float]:
    """From the kernel's start to multi-user.target, without these units; what QEMU took until then."""
    words = " ".join(f"systemd.mask={unit}" for unit in units)
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(image, Path(folder), words=words)
        machine.make_disk()
        with Guest(machine) as guest:
            guest.wait_for_shell(UP_SECONDS)
            trace_refused_writes(guest)  # as for the other one
            guest.wait_until(UP, UP_SECONDS, pause=5.0)
            return active_seconds(guest, "multi-user.target"), guest.processor_seconds


def run(bench: Bench) -> Iterator[Row]:
    """The ratio; and that of processor time, which another's work on this machine does not change."""
    bench.guest.cut()  # both would share the processor
    without, processor = seconds_without(bench.image, own_units(bench.units))
    ratio = bench.seconds_to_listening / without
    value = f"{bench.seconds_to_listening:.0f} s / {without:.0f} s = {ratio:.2f}"
    own = bench.notes.get(PROCESSOR, 0.0)
    yield Row(
        "processor time of the emulator", True, f"{own:.0f} s / {processor:.0f} s = {own / processor:.2f}"
    )
    yield Row(f"time to listening ≤ {LIMIT} × time without", ratio <= LIMIT, value)
