"""Writes `chosen.toml` while the appliance runs; reading it is what every command does at its start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from appliance.config import chosen
from appliance.errors import ConfigError
from appliance.tasks import end

LOG = logging.getLogger(__name__)
WRITE_SECONDS = 5.0


class ChosenStore:
    """Collects choices and writes them, at most once in `write_seconds`, and only what changed."""

    def __init__(
        self, file: Path, values: Mapping[str, object] | None = None, write_seconds: float = WRITE_SECONDS
    ) -> None:
        """`values` is what the file says already: see `load.Loaded.chosen`."""
        self._file = file
        self._values: chosen.Values = dict(values or {})
        self._engines: dict[str, str] = {}
        self._seconds = write_seconds
        self._task: asyncio.Task[None] | None = None
        self._written = ""
        self._written_at: float | None = None
        self.writes = 0

    @property
    def values(self) -> chosen.Values:
        """Everything chosen so far, by dotted key."""
        return dict(self._values)

    def choose(self, changes: Mapping[str, object], engines: Mapping[str, str]) -> bool:
        """Remember these; they are written soon. False: nothing changes. Raises ConfigError for a bad one.

        `engines` names the engine of "wake" and "tts" that is in force.
        """
        for key, value in changes.items():
            what = chosen.fault(key, value)
            if what:
                raise ConfigError(f"{key} {what}", "appliance config docs")
        self._engines = dict(engines)
        new = self._values | dict(changes)
        if new == self._values:
            return False
        self._values = new
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write_later(), name="chosen settings")
        return True

    async def close(self) -> None:
        """Write what waits."""
        if self._task is not None and not self._task.done():
            await end(self._task)
            await asyncio.to_thread(self._write)

    async def _write_later(self) -> None:
        clock = asyncio.get_running_loop().time
        while chosen.document(self._values, self._engines) != self._written:
            if self._written_at is not None:
                await asyncio.sleep(max(0.0, self._written_at + self._seconds - clock()))
            self._written_at = clock()
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        text = chosen.document(self._values, self._engines)
        self._written = text
        try:
            chosen.write(self._file, text)
        except OSError as error:
            LOG.warning(
                "%s cannot be written: %s; the next start forgets what was chosen", self._file, error.strerror
            )
        else:
            self.writes += 1
