"""Work that goes on, and ends with its place."""

from __future__ import annotations

import asyncio

from appliance.pipeline.background import Background


async def test_it_is_done_and_what_is_left_ends() -> None:
    background, done, ended = Background(), asyncio.Event(), asyncio.Event()

    async def quick() -> None:
        done.set()

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background.add(quick())
    background.add(slow())
    async with asyncio.timeout(5):
        await done.wait()
        assert not ended.is_set()
        background.cancel()
        await ended.wait()
