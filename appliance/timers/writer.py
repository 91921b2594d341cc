"""The store's one thread: writes are done in order, off the loop, and a stuck disk is not waited for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from appliance.timers.model import Now, Timer, TimerError
from appliance.timers.store import Loaded, Store

WRITE_SECONDS = 5.0
OPEN_SECONDS = 20.0
MAX_WAITING = 32


class Writer:
    """`open`, then `put` as often as needed, then `close`."""

    def __init__(self, data: Path) -> None:
        self._store = Store(data)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="timers")
        self._waiting = 0

    async def open(self) -> Loaded:
        """What is kept. Raises TimerError."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._store.open)
        except TimeoutError as error:
            raise TimerError(f"{self._store.path} did not open in {OPEN_SECONDS:.0f} seconds") from error

    async def put(self, changes: Mapping[int, Timer | None], seen: Now | None) -> None:
        """On disk when this returns. Raises TimerError; after a time-out it may be written later yet."""
        if self._waiting >= MAX_WAITING:
            raise TimerError("timers cannot be kept: the disk does not keep up", "try again in a moment")
        self._waiting += 1
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self._store.put, dict(changes), seen)
        work.add_done_callback(self._done)
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await asyncio.shield(work)
        except TimeoutError as error:
            raise TimerError(
                f"timers cannot be kept: the disk took more than {WRITE_SECONDS:.0f} seconds",
                "is the card worn out? see: dmesg",
            ) from error

    def _done(self, work: asyncio.Future[None]) -> None:
        self._waiting -= 1
        if not work.cancelled():
            work.exception()  # told to whoever waited; nobody waits after a time-out

    async def close(self) -> None:
        """Write what waits, then close; a stuck disk is left alone."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self._store.close)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WRITE_SECONDS):
                await asyncio.shield(work)
        self._thread.shutdown(wait=False)
