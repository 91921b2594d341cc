"""What somebody wants of the timers, and what is answered. Pure data, whatever language it was said in."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.timers.calendar import When
from appliance.timers.model import Kind

Do = Literal[
    "set", "cancel", "cancel_all", "lengthen", "rename", "move", "pause", "resume", "status", "stop", "snooze"
]


class Request(msgspec.Struct, frozen=True):
    """What to do, with what, and to which timers it applies."""

    do: Do
    kind: Kind | None = None
    """None: of any kind."""
    seconds: float = 0.0
    """How long: of a new one, of a snooze, or how much longer (below zero: shorter). 0: not said."""
    when: When | None = None
    """At what time: of a new one, or the new time of one that is moved."""
    label: str = ""
    """The new name."""
    text: str = ""
    """What to be reminded of."""
    name: str = ""
    """Which: the one of this name,"""
    start_s: float = 0.0
    """of this length as it was set,"""
    at: When | None = None
    """for this time,"""
    area: str = ""
    """in this room (the name of a place or of its area),"""
    last: bool = False
    """the one that was set last,"""
    next: bool = False
    """the one that comes next,"""
    id: int = 0
    """or the one with this number."""

    @property
    def says_which(self) -> bool:
        """Did they say more than its kind?"""
        return bool(self.name or self.start_s or self.at or self.area or self.last or self.next)


class Answer(msgspec.Struct, frozen=True):
    """What to say. `expects_reply`: listen again without a wake word; `ok` False: nothing was done."""

    text: str
    expects_reply: bool = False
    ok: bool = True
