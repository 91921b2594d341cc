"""From deeds to done: several at once, each confirmed by its device, without holding up anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from appliance.dialogue.events import DeedResult
from appliance.home.entities import House
from appliance.wire.messages import Deed

Done = Callable[[tuple[DeedResult, ...]], None]


class Home(Protocol):
    """The home, as far as the pipeline is concerned."""

    def house(self) -> House:
        """What is there now."""

    async def perform(self, deed: Deed, granted: Collection[str] = ()) -> list[DeedResult]:
        """Do it and wait for the devices' own word; one result for each entity, never an exception.

        `granted`: ids whose guard was lifted for this deed.
        """


class Hands:
    """Does the deeds of a turn; a deed once begun is not taken back when the turn is dropped."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, deeds: tuple[Deed, ...], done: Done, granted: Collection[str] = ()) -> None:
        """Begin; `done` is called with all results."""
        task = asyncio.get_running_loop().create_task(self._act(deeds, done, granted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Wait for no device any more."""
        for task in self._tasks:
            task.cancel()

    async def _act(self, deeds: tuple[Deed, ...], done: Done, granted: Collection[str]) -> None:
        outcomes = await asyncio.gather(*(self._home.perform(deed, granted) for deed in deeds))
        done(tuple(result for outcome in outcomes for result in outcome))
