"""What sounds where, and what still has to be told. Rooms that are away are stood in for by the appliance."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from appliance.timers.model import Timer
from appliance.timers.ringing import Ringer

LOCAL = "local"
"""The appliance's own loudspeaker."""
MAX_UNTOLD = 32
"""Sentences that wait until they can be said; the oldest goes first."""


class Sounding:
    """Over a `Ringer`: which timer rings in which room."""

    def __init__(self, ringer: Ringer) -> None:
        self._ringer = ringer
        self._rooms: dict[int, Timer] = {}
        self._untold: list[tuple[Timer, str]] = []

    def ring(self, timer: Timer, words: str) -> bool:
        """In its own room, or else here; False when neither can."""
        for room in _rooms(timer):
            there = replace(timer, room=room)
            if self._ringer.ring(there, words):
                self._rooms[timer.id] = there
                return True
        return False

    def hush(self, number: int) -> None:
        """Silence this one, if it sounds."""
        timer = self._rooms.pop(number, None)
        if timer is not None:
            self._ringer.hush(timer)

    def hush_all(self) -> None:
        """Silence."""
        for number in tuple(self._rooms):
            self.hush(number)

    def numbers(self, room: str | None = None) -> tuple[int, ...]:
        """Which sound in this room; None is anywhere."""
        return tuple(number for number, timer in self._rooms.items() if room in (None, timer.room))

    def lose(self, room: str) -> tuple[int, ...]:
        """This room is gone, and what rang in it is silent."""
        lost = self.numbers(room)
        for number in lost:
            del self._rooms[number]
        return lost

    def tell_later(self, timer: Timer, words: str) -> None:
        """Say this in the timer's room as soon as that can be."""
        self._untold = [*self._untold, (timer, words)][-MAX_UNTOLD:]

    def tell(self) -> Iterator[int]:
        """Say what can be said now; the numbers of the timers that it was about."""
        for entry in tuple(self._untold):
            timer, words = entry
            if any(self._ringer.announce(room, words) for room in _rooms(timer)):
                self._untold.remove(entry)
                yield timer.id

    @property
    def waiting(self) -> bool:
        """Is there something left to tell?"""
        return bool(self._untold)


def _rooms(timer: Timer) -> dict[str, None]:
    return dict.fromkeys((timer.room, LOCAL))
