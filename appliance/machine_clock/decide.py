"""What the clock is set to at boot, and when the time is written down. Pure. Times are seconds since 1970.

Standard library only, and little of it: this runs early at every boot, and others wait for it.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

EARLIEST_S = 1_735_689_600.0
"""2025-01-01: no machine of ours ran before."""
LATEST_S = 4_102_444_800.0
"""2100-01-01."""
SLACK_S = 2.0
"""A clock that is behind by less is not behind: setting it costs more than it mends."""
MAX_NOTE_BYTES = 512
SAVE_AGAIN_S = 60.0
"""A time that was written down so shortly before is good enough."""

Source = Literal["own", "last known", "image"]
"""Who knew the time at boot: the machine's clock, our note, or nobody (the day the image was made)."""
SOURCES: tuple[Source, ...] = ("own", "last known", "image")
LARGEST_S = 1e15
"""No number of seconds is larger, whatever a file says."""


class Note(NamedTuple):
    """What lies on the data partition."""

    wall_s: float
    synchronised: bool = False
    """Had a time server set the clock before, in that boot?"""


class Start(NamedTuple):
    """What happened to the clock at this boot; lies in /run."""

    source: Source
    wall_s: float
    """What it was set to, or found at."""
    found_s: float
    """What the machine itself believed."""

    @property
    def kept_time(self) -> bool:
        """Did the machine's own clock go on while it was off, as far as can be told?"""
        return self.source == "own"


def parse(raw: bytes) -> Note | None:
    """A note; None for one that is damaged or holds a time that cannot be."""
    table = _table(raw)
    wall_s, synchronised = _number(table.get("wall_s")), table.get("synchronised", False)
    if wall_s is None or not isinstance(synchronised, bool) or not EARLIEST_S <= wall_s <= LATEST_S:
        return None
    return Note(wall_s, synchronised)


def parse_start(raw: bytes) -> Start | None:
    """What happened at this boot; None for anything else."""
    table = _table(raw)
    wall_s, found_s = _number(table.get("wall_s")), _number(table.get("found_s"))
    source = next((each for each in SOURCES if each == table.get("source")), None)
    if wall_s is None or found_s is None or source is None:
        return None
    return Start(source, wall_s, found_s)


def encode(said: Note | Start) -> bytes:
    """As it is written down."""
    return json.dumps(said._asdict()).encode()


def _table(raw: bytes) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    if len(raw) > MAX_NOTE_BYTES:
        return {}
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_S:
        return None
    return float(value)


def start(now_s: float, note: Note | None, image_s: float) -> Start:
    """Which time the machine begins with: its own, unless a later one is known to be past."""
    known: list[tuple[float, Source]] = []
    if note is not None:
        known.append((note.wall_s, "last known"))
    if EARLIEST_S <= image_s <= LATEST_S:
        known.append((image_s, "image"))
    latest_s, source = max(known, default=(0.0, "own"))
    if latest_s - now_s >= SLACK_S:
        return Start(source, latest_s, now_s)
    return Start("own", now_s, now_s)


def note_now(now_s: float, before: Note | None, *, synchronised: bool) -> Note | None:
    """What to write down now; None when what is written says enough.

    A clock that no server has set never makes a later time forgotten; one that a server set does: the later
    time was wrong.
    """
    now = Note(now_s, synchronised)
    if not EARLIEST_S <= now_s <= LATEST_S:
        return None
    if before is None:
        return now
    ahead_s = now_s - before.wall_s
    if not synchronised and ahead_s < SAVE_AGAIN_S:
        return None
    return None if before.synchronised == synchronised and 0 <= ahead_s < SAVE_AGAIN_S else now
