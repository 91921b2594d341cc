"""The web process beside the appliance: what it is told, and when it begins anew."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance import __version__
from appliance.companion import Companion
from appliance.config.model import Config
from appliance.home import machine_names
from appliance.tasks import begin, end
from appliance.web import settings

MEMORY_BYTES = 384 * 1024 * 1024
"""Of data; it needs about a sixth of that."""


class WebServer:
    """`start`, then `stop`; `reconfigure` in between. Without `web.enabled` nothing runs."""

    def __init__(self, config: Config, data: Path) -> None:
        self._config = config
        self._data = data
        self._companion: Companion | None = None
        self._names: tuple[str, ...] = ()
        self._renaming: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str:
        """Why it does not serve; "" while it does, or when it is not wanted."""
        return self._companion.trouble if self._companion is not None else ""

    async def start(self, after: Callable[[], Awaitable[None]] | None = None) -> None:
        """Serve, if that is wanted: soon after `after` has returned. This returns at once."""
        if not self._config.web.enabled:
            return
        self._names = await asyncio.to_thread(machine_names.names)
        argv = [sys.executable, "-m", "appliance.web"]
        self._companion = Companion("web", argv, self._told, MEMORY_BYTES, log_level=logging.INFO)
        await self._companion.start(after)

    async def stop(self) -> None:
        """Serve no more; may be called twice."""
        await end(self._renaming)
        if self._companion is not None:
            await self._companion.stop()
            self._companion = None

    async def reconfigure(self, config: Config) -> None:
        """Begin anew where what it is told has changed; the language it asks for itself (`Context.speak`).

        Who changes the language on the page would not get an answer otherwise.
        """
        before, self._config = self._config, config
        if before.web != config.web:
            await self.stop()
            await self.start()

    def renamed(self) -> None:
        """Begin anew under the names that the machine has now."""
        self._renaming = begin(self._again(), "page under a new name")

    async def _again(self) -> None:
        self._names = await asyncio.to_thread(machine_names.names)
        if self._companion is not None:
            await self._companion.again()

    def _told(self) -> bytes:
        told = settings.Settings(
            self._config.web, self._config.language, __version__, str(self._data), self._names
        )
        return settings.encode(told)
