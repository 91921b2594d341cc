"""Questions and announcements that wait for the end of a turn, in one room."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from appliance.dialogue import events

MAX_WAITING = 8

Beginner = Callable[[int], events.Event | None]
"""From the number of the turn that would begin to the event that begins it, or None: not wanted any more."""


class Waiting:
    """First come, first served."""

    def __init__(
        self, is_free: Callable[[], bool], number: Callable[[], int], begin: Callable[[events.Event], None]
    ) -> None:
        """`number` gives the next turn's number."""
        self._is_free = is_free
        self._number = number
        self._begin = begin
        self._waiting: deque[Beginner] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, begin: Beginner) -> bool:
        """Begin it when the room is free; False when too much waits already."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append(begin)
        self.next()
        return True

    def next(self) -> None:
        """Begin what is next, if the room is free."""
        while self._waiting and self._is_free():
            event = self._waiting.popleft()(self._number())
            if event is not None:
                self._begin(event)

    def clear(self) -> None:
        """Nothing of it is wanted any more."""
        self._waiting.clear()
