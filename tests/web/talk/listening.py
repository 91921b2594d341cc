"""Many who listen to everything, while one asks and hears the answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect

from appliance.audio import pcm
from appliance.web.talk import wire
from tests.web.talk.client import SECONDS, Talker, talking

QUESTION = "which lights are on"


@dataclass(frozen=True)
class Heard:
    """What came of it."""

    complete: int
    """Listeners that got the turn to its end."""
    late_ms: float
    """How late the latest piece was for a loudspeaker that began with the first; early: negative."""
    pieces: int


async def ask(url: str, secret: str, listeners: int) -> Heard:
    """One question at /api/talk, heard by so many at /api/notes."""
    headers = {"Authorization": f"Bearer {secret}"}
    notes = f"{url.removesuffix('/api/talk')}/api/notes"
    async with contextlib.AsyncExitStack() as stack:
        everybody = [
            await stack.enter_async_context(connect(notes, additional_headers=headers, proxy=None))
            for _ in range(listeners)
        ]
        talker = await stack.enter_async_context(talking(url, secret))
        following = [asyncio.create_task(until_done(each, talker.welcome["name"])) for each in everybody]
        await talker.say("text", text=QUESTION)
        late_ms = await spoken(talker)
        async with asyncio.timeout(SECONDS):
            complete = await asyncio.gather(*following)
        return Heard(sum(complete), late_ms, len(talker.speech))


async def spoken(talker: Talker) -> float:
    """Hear the answer to its end."""
    loop = asyncio.get_running_loop()
    began, before_ms, late_ms = 0.0, 0.0, float("-inf")
    async with asyncio.timeout(SECONDS):
        while True:
            got = await talker.next()
            if isinstance(got, wire.Speech):
                began = began or loop.time()
                if before_ms:
                    late_ms = max(late_ms, (loop.time() - began) * 1_000 - before_ms)
                before_ms += len(got.pcm) / pcm.SAMPLE_BYTES / got.rate_hz * 1_000
            elif got["type"] == "end":
                await talker.say("playing", turn=got["turn"])
                await talker.say("played", turn=got["turn"])
                return late_ms


async def until_done(connection: ClientConnection, site: str) -> bool:
    """Did it hear of the end of this place's turn?"""
    async for raw in connection:
        note = json.loads(raw)
        if note["site"] == site and note["kind"] == "done":
            return True
    return False
