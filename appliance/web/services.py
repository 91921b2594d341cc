"""What lives as long as the web process: made once for each `Context`, started and stopped with it."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

from appliance.observe.served import Served
from appliance.tasks import begin, end
from appliance.web.context import Context
from appliance.web.conversations import Conversations
from appliance.web.speech import Speech
from appliance.web.turnstore import TurnStore


class Services:
    """`start`, then `stop`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.speech = Speech(context)
        self.chats = Conversations(context)
        self.turns = TurnStore()
        self.served = Served()
        self.listeners: set[object] = set()
        """WebSockets that get notes."""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow what happens."""
        self._task = begin(self._follow(), "turns")
        await self.chats.start()

    async def stop(self) -> None:
        """Hang up."""
        await end(self._task)
        await self.chats.stop()

    async def _follow(self) -> None:
        async for note in self._context.notes():
            self.turns.take(note, time.time())


_MADE: WeakKeyDictionary[Context, Services] = WeakKeyDictionary()


def services(context: Context) -> Services:
    """Those of this process."""
    made = _MADE.get(context)
    if made is None:
        made = _MADE[context] = Services(context)
    return made
