"""Clocks that a test moves, rooms that remember what sounded in them, and timers over both."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from appliance.config.model import Timers as TimersConfig
from appliance.timers import spoken
from appliance.timers.model import Now, Timer
from appliance.timers.request import Answer, Request
from appliance.timers.service import Timers

SATURDAY_NOON = 1_795_262_400.0
"""2026-11-21 12:00 UTC."""


class VirtualClock:
    """Time stands still until it is moved."""

    def __init__(self, wall_s: float = SATURDAY_NOON, *, trusted: bool = True) -> None:
        self.reading = Now(wall_s, 1_000.0, "boot-1", trusted)
        self._moved = asyncio.Event()

    def now(self) -> Now:
        return self.reading

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        until_s = None if seconds is None else self.reading.boot_s + seconds
        while not event.is_set() and (until_s is None or self.reading.boot_s < until_s):
            tasks = {asyncio.ensure_future(each.wait()) for each in (event, self._moved)}
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()

    def _set(self, **changes: object) -> None:
        self.reading = msgspec.structs.replace(self.reading, **changes)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def pass_time(self, seconds: float) -> None:
        self._set(wall_s=self.reading.wall_s + seconds, boot_s=self.reading.boot_s + seconds)

    def step_wall(self, seconds: float) -> None:
        """Somebody, or a time server, sets the clock."""
        self._set(wall_s=self.reading.wall_s + seconds)

    def trust(self, *, trusted: bool) -> None:
        self._set(trusted=trusted)

    def reboot(self, off_s: float, *, trusted: bool = True, wall_s: float | None = None) -> None:
        """The machine was off for so long; `wall_s` is what its clock says after it."""
        name = f"boot-{int(self.reading.boot_id.removeprefix('boot-')) + 1}"
        wall_s = self.reading.wall_s + off_s if wall_s is None else wall_s
        self.reading = Now(wall_s, 5.0, name, trusted)


class Rooms:
    """A ringer: what rings, what was said; rooms of `away` cannot sound."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.rings: list[tuple[int, str, str]] = []
        self.sounding: dict[int, str] = {}
        self.said: list[tuple[str, str]] = []

    def ring(self, timer: Timer, words: str) -> bool:
        if timer.room in self.away:
            return False
        self.rings.append((timer.id, timer.room, words))
        self.sounding[timer.id] = timer.room
        return True

    def hush(self, timer: Timer) -> None:
        assert self.sounding.pop(timer.id) == timer.room

    def announce(self, room: str, text: str) -> bool:
        if room in self.away:
            return False
        self.said.append((room, text))
        return True


class Home:
    """Timers in virtual time on a real file. `start` again is a restart of the program."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self.clock = VirtualClock()
        self.rooms = Rooms()
        self.events: list[tuple[int, str]] = []
        self.config = msgspec.convert({"zone": "Europe/Berlin"} | settings, TimersConfig)
        self.timers: Timers | None = None

    async def start(self, language: str = "en") -> Timers:
        self.timers = Timers(self.config, self.data, self.rooms, language=language, clock=self.clock)
        self.timers.on_change.append(lambda timer, event: self.events.append((timer.id, event)))
        await self.timers.start()
        return self.timers

    async def stop(self) -> None:
        if self.timers is not None:
            await self.timers.stop()
            self.timers = None

    async def kill(self) -> None:
        """Nothing is written any more, as if the power went."""
        assert self.timers is not None
        for task in self.timers._tasks:
            task.cancel()
        await asyncio.gather(*self.timers._tasks, return_exceptions=True)
        await self.timers._writer.close()
        self.rooms.sounding.clear()
        self.timers = None

    async def say(self, sentence: str, room: str = "local") -> Answer:
        assert self.timers is not None
        request = self.timers.understand(sentence, room)
        assert isinstance(request, Request), sentence
        return await self.timers.ask(request, room)

    async def settle(self) -> None:
        """Let everything that is due happen and be written."""
        assert self.timers is not None
        async with asyncio.timeout(10):
            await asyncio.sleep(0.001)
            timers = self.timers
            while timers._unsaved or timers._dirty.is_set() or timers._writer._waiting:
                await asyncio.sleep(0.001)

    async def later(self, seconds: float) -> None:
        self.clock.pass_time(seconds)
        await self.settle()


def request(sentence: str, language: str = "en") -> Request:
    parsed = spoken.parse(sentence, language)
    assert parsed is not None, sentence
    return parsed
