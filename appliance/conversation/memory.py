"""What was said in each room, for a while. Pure; gone at restart, never written anywhere.

What was not spoken is not remembered as said: an exchange is kept with the part of the answer that was heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from appliance.conversation import neutral

MAX_ROOMS = 64
MAX_ANSWER_CHARS = 300


class Exchange(msgspec.Struct, frozen=True):
    """A person's words and what they heard; already neutral text."""

    words: str
    said: str
    done: bool
    """Something was done about it."""
    at: float
    """Seconds of the caller's monotonic clock."""


class Memory:
    """The last exchanges of each room, bounded in number and age."""

    def __init__(self, turns: int, seconds: float) -> None:
        """`turns` 0 remembers nothing."""
        self._turns = turns
        self._seconds = seconds
        self._rooms: dict[str, deque[Exchange]] = {}

    def reconfigure(self, turns: int, seconds: float) -> None:
        """Other limits; what is beyond them is forgotten now."""
        self._turns, self._seconds = turns, seconds
        self._rooms = {room: deque(kept, turns) for room, kept in self._rooms.items() if turns}

    def keep(self, room: str, words: str, said: str, now: float, *, done: bool = False) -> None:
        """An exchange is over; one of which nothing was heard and nothing done is not kept."""
        if not self._turns or not (said.strip() or done):
            return
        self._forget_old(now)
        kept = self._rooms.pop(room, deque(maxlen=self._turns))
        kept.append(Exchange(neutral.words(words), neutral.words(said, MAX_ANSWER_CHARS), done, now))
        self._rooms[room] = kept
        while len(self._rooms) > MAX_ROOMS:
            del self._rooms[next(iter(self._rooms))]

    def recall(self, room: str, now: float) -> tuple[Exchange, ...]:
        """What is still remembered of this room, oldest first."""
        self._forget_old(now)
        return tuple(self._rooms.get(room, ()))

    def forget(self, room: str = "") -> None:
        """One room, or everything."""
        if room:
            self._rooms.pop(room, None)
        else:
            self._rooms.clear()

    def _forget_old(self, now: float) -> None:
        for room in list(self._rooms):
            kept = self._rooms[room]
            while kept and now - kept[0].at > self._seconds:
                kept.popleft()
            if not kept:
                del self._rooms[room]


def heard_part(sentences: Sequence[tuple[str, float]], played_seconds: float) -> str:
    """Of sentences with their lengths in seconds, those that were heard whole before the sound ended."""
    heard: list[str] = []
    for text, seconds in sentences:
        played_seconds -= seconds
        if played_seconds < -0.05:
            break
        heard.append(text)
    return " ".join(heard)
