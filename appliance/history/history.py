"""What was said, written down now and then. With `history.days` = 0 there is no file, and none is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from appliance.config.model import History as Settings
from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.history.store import MAX_LISTED, Exchange, Store, path_of
from appliance.judgement.errors import JudgementError
from appliance.tasks import begin, end

LOG = logging.getLogger(__name__)
WRITE_SECONDS = 60.0
"""At most one small write in that time."""


class History:
    """`start`, then `stop`. Used in one event loop; files are touched in threads."""

    def __init__(self, settings: Settings, data: Path, wall_clock: Callable[[], float]) -> None:
        """`wall_clock` gives seconds since 1970."""
        self._settings = settings
        self._store = Store(path_of(data))
        self._wall_clock = wall_clock
        self._task: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()

    @property
    def keeps(self) -> bool:
        """Is anything written down?"""
        return self._task is not None

    async def start(self) -> None:
        """Open the file, or see to it that there is none. Never raises: without it nothing is kept."""
        async with self._changing:
            await self._begin()

    async def stop(self) -> None:
        """Write what waits, and close; may be called twice."""
        async with self._changing:
            await self._finish()

    async def reconfigure(self, settings: Settings) -> None:
        """Another retention; 0 forgets everything at once."""
        async with self._changing:
            before, self._settings = self._settings, settings
            if (before.days > 0) != (settings.days > 0):
                await self._finish()
                await self._begin()

    def note(self, room: str, words: str, answer: str, *, done: bool) -> None:
        """An exchange is over."""
        if self.keeps and words:
            self._store.add(Exchange(self._wall_clock(), room, words, answer, done))

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"history_list": self._list, "history_clear": self._clear}

    async def _begin(self) -> None:
        try:
            if self._settings.days:
                await asyncio.to_thread(self._store.open)
                self._task = begin(self._write(), "history")
            else:
                await asyncio.to_thread(self._store.remove)
        except JudgementError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback

    async def _finish(self) -> None:
        if self._task is not None:
            await end(self._task)
            self._task = None
            await self._flush()
            await asyncio.to_thread(self._store.close)

    async def _write(self) -> None:
        while True:
            await self._flush()
            await asyncio.sleep(WRITE_SECONDS)

    async def _flush(self) -> None:
        settings = self._settings
        try:
            await asyncio.to_thread(self._store.flush, self._wall_clock(), settings.days, settings.rows)
        except JudgementError as error:
            LOG.warning("%s", error)

    async def _list(self, request: Answer) -> Answer:
        since, limit = request.get("since", 0.0), request.get("limit", 100)
        if isinstance(since, bool) or not isinstance(since, int | float):
            raise ControlError("history_list: `since` is a number of seconds since 1970")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LISTED:
            raise ControlError(f"history_list: `limit` is a whole number from 1 to {MAX_LISTED}")
        if not self.keeps:
            return {"kept": False, "rows": []}
        await self._flush()
        rows = await asyncio.to_thread(self._store.list, float(since), limit)
        return {"kept": True, "rows": [_shown(row) for row in rows]}

    async def _clear(self, request: Answer) -> Answer:
        del request
        return {"cleared": await asyncio.to_thread(self._store.clear) if self.keeps else 0}


def _shown(row: Exchange) -> Answer:
    return {name: getattr(row, name) for name in Exchange.__struct_fields__}
