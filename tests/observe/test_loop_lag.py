"""How late the event loop wakes."""

from __future__ import annotations

import asyncio
import contextlib
import time

from appliance.observe import loop_lag


async def test_what_blocks_the_loop_is_seen() -> None:
    told: list[float] = []
    task = asyncio.create_task(loop_lag.watch(told.append, 0.01))
    async with asyncio.timeout(10):
        while not told:
            await asyncio.sleep(0.001)
        seen = len(told)
        # Whether it sleeps already or is about to: of two wakings one falls into this.
        time.sleep(0.2)  # noqa: ASYNC251 - blocking is the point
        while len(told) < seen + 2:
            await asyncio.sleep(0.001)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert max(told[seen:]) >= 0.1
    assert min(told) >= 0
