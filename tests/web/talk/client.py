"""A browser's side of a talk, in Python: numbers its frames, and speaks in real time or faster."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from appliance.web.talk import wire

SECONDS = 30.0
FRAME_BYTES = 640
Told = dict[str, Any]


class Talker:
    """Everything it was told is in `told`, the speech it got in `speech`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.n = 0
        self.clock_ms = 1_000
        self.heard = 0
        self.told: list[Told] = []
        self.speech: list[wire.Speech] = []
        self.welcome: Told = {}

    async def hello(self, **fields: Any) -> Told:
        await self.connection.send(json.dumps({"type": "hello", **fields}))
        self.welcome = await self.until(lambda told: told["type"] in {"welcome", "problem"})
        self.n, self.heard = self.welcome.get("heard", 0), self.welcome.get("from", 0)
        return self.welcome

    async def say(self, kind: str, **fields: Any) -> None:
        self.n += 1
        await self.connection.send(json.dumps({"type": kind, "n": self.n, **fields}))

    async def sound(self, pcm: bytes, *, pace: float = 0.0) -> None:
        """Frame by frame; `pace` 1.0 is real time."""
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
            self.n += 1
            piece = pcm[at : at + FRAME_BYTES]
            await self.connection.send(wire.encode_audio(wire.Audio(self.n, self.clock_ms, piece)))
            self.clock_ms += 20
            await asyncio.sleep(0.02 * pace)

    async def next(self) -> Told | wire.Speech:
        data = await self.connection.recv()
        if isinstance(data, bytes):
            number, piece = wire.decode_speech(data)
            self.speech.append(piece)
            self.heard = number
            return piece
        told: Told = json.loads(data)
        self.heard = told.get("n", self.heard)
        self.told.append(told)
        return told

    async def until(self, wanted: Callable[[Told], bool]) -> Told:
        async with asyncio.timeout(SECONDS):
            while True:
                got = await self.next()
                if isinstance(got, dict) and wanted(got):
                    return got

    async def note(self, kind: str) -> Told:
        return await self.until(lambda told: told["type"] == "note" and told["kind"] == kind)

    async def kind(self, kind: str) -> Told:
        return await self.until(lambda told: told["type"] == kind)

    async def play(self) -> Told:
        """Hear the whole answer; the note of the turn's end."""
        end = await self.kind("end")
        await self.say("playing", turn=end["turn"], at_ms=self.clock_ms)
        await self.say("played", turn=end["turn"])
        return await self.note("done")

    def notes(self, kind: str) -> list[Told]:
        return [told["data"] for told in self.told if told["type"] == "note" and told["kind"] == kind]


@contextlib.asynccontextmanager
async def talking(url: str, secret: str, **hello: Any) -> AsyncIterator[Talker]:
    """A connection that was welcomed."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with connect(url, additional_headers=headers, proxy=None, max_size=2**20) as connection:
        talker = Talker(connection)
        welcome = await talker.hello(**hello)
        assert welcome["type"] == "welcome", welcome
        yield talker
