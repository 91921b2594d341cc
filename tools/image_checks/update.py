"""An update is started once, tests itself, is kept, and is what starts from then on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from image_guest import Guest
from image_trials import LONGER, SETTLED, START_SECONDS, listens_again, prepared, slot_of, state_of

from image_checks import Bench, Row

NAME = "update"
HELP = "a bundle on a stick: installed, started once, found healthy, kept"
ORDER = 210
OWN_GUEST = True
HEALTHY_SECONDS = 2_400.0


def run(bench: Bench) -> Iterator[Row]:
    """A row a step."""
    armed = prepared(bench)
    yield Row("the bundle on a stick was installed by itself", True, f"{armed.seconds:.0f} s with the start")
    with armed.copy(bench.folder) as machine:
        guest = Guest(replace(machine, words=LONGER))
        guest.start()
        try:
            guest.wait_for_shell(START_SECONDS)
            first = slot_of(guest)
            yield Row("the new slot is started", first == "B", f"slot {first}, {guest.seconds:.0f} s")
            begun = time.monotonic()
            healthy = guest.wait_until(SETTLED, HEALTHY_SECONDS, pause=5.0)
            state = state_of(guest)
            kept = healthy and slot_of(guest) == "B" and state.get("committed") == "B"
            value = f"after {time.monotonic() - begun:.0f} s"
            said = guest.run("journalctl -b -u appliance-commit -u appliance-selftest | tail -n 40")[1]
            yield Row("it has passed its self test and is kept", kept, value, said)
            guest.says("sync")
            guest.cut()
            guest.start()
            seconds = listens_again(guest)
            last = slot_of(guest)
            yield Row("it is what starts from now on", last == "B", f"slot {last}, {seconds:.0f} s")
        finally:
            guest.cut()
