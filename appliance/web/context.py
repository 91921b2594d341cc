"""What every request can use: the running appliance, its notes, and what the server was told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from appliance.calls import protocol
from appliance.calls.client import Call
from appliance.calls.server import calls_path
from appliance.control import ControlClient, socket_path
from appliance.errors import ControlError
from appliance.tasks import begin, end
from appliance.web.settings import Settings

LOG = logging.getLogger(__name__)
IDLE_CLIENTS = 4
"""Open connections that are kept for the next question."""
MAX_AT_ONCE = 8
"""Questions under way; others wait for their turn."""
QUEUE = 500
"""Notes that a slow listener may be behind; it misses the older ones then."""
RETRY_SECONDS = 1.0


class Context:
    """One for the whole process. `start`, then `stop`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._path = socket_path(Path(settings.data))
        self._idle: list[ControlClient] = []
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)
        self._listeners: set[asyncio.Queue[dict[str, Any]]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to pass on notes."""
        self._task = begin(self._watch(), "notes")

    async def stop(self) -> None:
        """Hang up."""
        await end(self._task)
        for client in self._idle:
            await client.__aexit__(None, None, None)
        self._idle.clear()

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """One request of the appliance's control socket. Raises ControlError."""
        async with self._turns:
            client = self._idle.pop() if self._idle else await ControlClient(self._path).__aenter__()
            try:
                answer = await client.ask(do, **fields)
            except ControlError as error:
                # A refusal leaves the connection usable, but it is not told apart from a lost one.
                await client.__aexit__(None, None, None)
                raise ControlError(error.message, error.hint) from error
            except BaseException:
                await client.__aexit__(None, None, None)
                raise
            if len(self._idle) < IDLE_CLIENTS:
                self._idle.append(client)
            else:
                await client.__aexit__(None, None, None)
            return answer

    async def speak(self) -> str:
        """The house's language, as it is now; the one it was told last when nobody answers."""
        with contextlib.suppress(ControlError, KeyError):
            told = (await self.ask("settings", keys=["language"]))["settings"]["language"]["value"]
            self.settings = msgspec.structs.replace(self.settings, language=str(told))
        return self.settings.language

    def call(self, opened: protocol.Open) -> Call:
        """A place of its own in the appliance; see `appliance.calls`."""
        return Call(calls_path(Path(self.settings.data)), opened)

    async def notes(self) -> AsyncIterator[dict[str, Any]]:
        """Every note of every room from now on. A listener that is slow misses some."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE)
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    async def _watch(self) -> None:
        """One watcher of the appliance for all listeners here; it comes back when the appliance does."""
        while True:
            with contextlib.suppress(ControlError):
                async with ControlClient(self._path) as client:
                    async for note in await client.watch():
                        self._tell(note)
            await asyncio.sleep(RETRY_SECONDS)

    def _tell(self, note: dict[str, Any]) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(note)
