"""`python -m appliance.updating.backend`: RAUC's custom boot loader backend.

get-primary · set-primary SLOT · get-state SLOT · set-state SLOT good|bad · get-current

Python and not a shell script: the same tested decisions decide here as everywhere else, and a start takes a
tenth of a second, which RAUC asks for a handful of times in an installation of minutes and never in a boot.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from appliance.errors import ApplianceError
from appliance.updating import boards, carrying, healthy, release, slots
from appliance.updating.boards import Firmware
from appliance.updating.errors import SlotError
from appliance.updating.places import Places
from appliance.updating.slots import Slot


def answer(words: Sequence[str], firmware: Firmware, places: Places) -> str:
    """What RAUC wants to read; empty for what it wants done. Raises SlotError."""
    facts = carrying.facts(firmware, places.kept)
    match list(words):
        case ["get-primary"]:
            return slots.primary(facts)
        case ["get-current"]:
            return facts.running
        case ["get-state", name]:
            return "good" if slots.is_good(facts, _slot(name)) else "bad"
        case ["set-primary", name]:
            steps = slots.arm(facts, _slot(name))
        case ["set-state", name, "bad"]:
            steps = slots.begin_writing(facts, _slot(name))
        case ["set-state", name, "good"]:
            steps = slots.commit(facts, _slot(name), healthy=healthy.found(places))
        case _:
            raise SlotError(f"not understood: {' '.join(words)[:100]}", "see docs/updates.md")
    carrying.carry_out(firmware, places.kept, steps)
    return ""


def _slot(name: str) -> Slot:
    if name not in {"A", "B"}:
        raise SlotError(f"no slot is named {name[:20]!r}", "A or B")
    return "A" if name == "A" else "B"


def main() -> int:
    """The exit status."""
    places = Places()
    try:
        firmware = boards.of_board(release.read(places.root).board, places.root)
        said = answer(sys.argv[1:], firmware, places)
    except ApplianceError as error:
        print(error, file=sys.stderr)
        return 1
    if said:
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
