"""Questions and announcements that wait for the end of a turn, in one room."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from appliance.dialogue import events

MAX_WAITING = 8

Beginner = Callable[[int], events.Event]
"""From the number of the turn that would begin to the event that begins it."""
Started = Callable[[int], bool]
"""Hears the number of the turn that would begin; False: it is not wanted any more."""


class Waiting:
    """First come, first served."""

    def __init__(
        self, is_free: Callable[[], bool], number: Callable[[], int], begin: Callable[[events.Event], None]
    ) -> None:
        """`number` gives the next turn's number."""
        self._is_free = is_free
        self._number = number
        self._begin = begin
        self._waiting: deque[tuple[Beginner, Started | None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, begin: Beginner, started: Started | None = None) -> bool:
        """Begin it when the room is free; False when too much waits already."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append((begin, started))
        self.next()
        return True

    def next(self) -> None:
        """Begin what is next, if the room is free."""
        while self._waiting and self._is_free():
            begin, started = self._waiting.popleft()
            turn = self._number()
            if started is None or started(turn):
                self._begin(begin(turn))

    def clear(self) -> None:
        """Nothing of it is wanted any more."""
        self._waiting.clear()
