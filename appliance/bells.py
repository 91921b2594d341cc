"""Timers ring in the rooms that set them: the tone, the words now and then, until somebody stops it."""

from __future__ import annotations

import array
import asyncio
from collections.abc import Callable
from itertools import count

from appliance.pipeline.places import Place, Places
from appliance.tasks import end
from appliance.timers import tone
from appliance.timers.model import Timer

LOOK_SECONDS = 0.1
TONES_BETWEEN_WORDS = 4


class _Bell:
    """One that rings; `turn` is the turn of its sound that plays now."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.turn = 0
        self.task: asyncio.Task[None] | None = None

    def started(self, turn: int) -> bool:
        self.turn = turn
        return True


class Bells:
    """See `timers.ringing.Ringer`. A ringing room can be spoken to: the bell waits until it is free."""

    def __init__(self, places: Places, level: Callable[[], float]) -> None:
        """`level` is the loudness of the tone, 0.0 to 1.0."""
        self._places = places
        self._level = level
        self._bells: dict[int, _Bell] = {}

    def ring(self, timer: Timer, words: str) -> bool:
        """Ring from now on, in the timer's room; False when it is not there."""
        if self._places.place(timer.room) is None:
            return False
        self.hush(timer)
        bell = self._bells[timer.id] = _Bell(timer.room)
        bell.task = asyncio.get_running_loop().create_task(self._ring(bell, words), name="bell")
        return True

    def hush(self, timer: Timer) -> None:
        """Be silent at once."""
        bell = self._bells.pop(timer.id, None)
        if bell is None:
            return
        if bell.task is not None:
            bell.task.cancel()
        place = self._places.place(bell.room)
        if place is not None and bell.turn and place.turn == bell.turn:
            place.hush()

    def announce(self, room: str, text: str) -> bool:
        """Say this once when the room is free."""
        place = self._places.place(room)
        return place is not None and place.say(text)

    async def close(self) -> None:
        """Be silent everywhere."""
        tasks = [bell.task for bell in self._bells.values() if bell.task is not None]
        self._bells.clear()
        await end(*tasks)

    async def _ring(self, bell: _Bell, words: str) -> None:
        sound = quieter(tone.ring(), self._level())
        for number in count():
            place = self._places.place(bell.room)
            if place is None:
                return  # the timers look for another room
            if await _free(place):
                if number % (TONES_BETWEEN_WORDS + 1) == 1 and words:
                    place.say(words, bell.started)
                else:
                    place.sound(sound, bell.started)
            await asyncio.sleep(LOOK_SECONDS)


async def _free(place: Place) -> bool:
    """Wait until nothing is said or heard there."""
    while place.turn:  # noqa: ASYNC110 - a room tells nobody of a turn's end
        await asyncio.sleep(LOOK_SECONDS)
    return True


def quieter(sound: bytes, level: float) -> bytes:
    """The same s16le at this loudness, 0.0 to 1.0."""
    samples = array.array("h", sound)
    factor = min(1.0, max(0.0, level))
    return array.array("h", (int(value * factor) for value in samples)).tobytes()
