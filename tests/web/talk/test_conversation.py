"""What a browser says becomes frames of a call, and the call's become frames for the browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.calls import protocol
from appliance.calls.client import Call
from appliance.config.model import Web
from appliance.web.context import Context
from appliance.web.routes.talk import welcome
from appliance.web.settings import Settings
from appliance.web.talk import wire
from appliance.web.talk.conversation import Conversation
from appliance.web.talk.outbox import Outbox
from appliance.web.talk.talks import Talks

SECONDS = 10.0


class Appliance:
    """The other end of one call: says what the test wants, and hears."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, *frames: protocol.ToCaller) -> None:
        self.writer.write(b"".join(map(protocol.encode, frames)))

    async def hear(self) -> protocol.FromCaller:
        async with asyncio.timeout(SECONDS):
            size = protocol.length(await self.reader.readexactly(protocol.LENGTH.size))
            return protocol.decode_caller(await self.reader.readexactly(size))


@asynccontextmanager
async def conversing(folder: Path, mode: Any = "voice") -> AsyncIterator[tuple[Conversation, Appliance]]:
    came: asyncio.Queue[Appliance] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = Appliance(reader, writer)
        await end.hear()
        end.say(protocol.Opened())
        came.put_nowait(end)

    path = folder / "calls.sock"
    server = await asyncio.start_unix_server(accept, str(path))
    async with server, Call(path, protocol.Open("talk-1")) as call:
        made = Conversation(call, "talk-1", wire.Hello(mode=mode))
        await made.start(wake=False)
        appliance = await came.get()
        yield made, appliance
        await made.close()
        appliance.writer.close()


async def told(made: Conversation, count: int) -> list[Any]:
    """The first frames for the browser."""
    async with asyncio.timeout(SECONDS):
        while made.outbox.last < count:
            await asyncio.sleep(0.01)
    found, number = [], 0
    while (kept := made.outbox.after(number)) is not None:
        number = kept[0]
        found.append(json.loads(kept[1]) if isinstance(kept[1], str) else wire.decode_speech(kept[1])[1])
    return found


async def test_who_only_reads_gets_no_speech_and_has_heard_it_at_once(tmp_path: Path) -> None:
    async with conversing(tmp_path, "text") as (made, appliance):
        appliance.say(protocol.Play(4, 16_000, b"ab"), protocol.End(4), protocol.Volume(0.5))
        assert [await appliance.hear(), await appliance.hear()] == [protocol.Playing(4), protocol.Played(4)]
        assert await told(made, 1) == [{"type": "volume", "n": 1, "level": 0.5}]


@pytest.mark.parametrize("how", ["another mode", "a page that was loaded anew"])
async def test_what_nobody_plays_any_more_counts_as_heard(tmp_path: Path, how: str) -> None:
    async with conversing(tmp_path) as (made, appliance):
        appliance.say(
            *(
                frame
                for turn in (4, 5, 6)
                for frame in (protocol.Play(turn, 16_000, b"ab"), protocol.End(turn))
            )
        )
        await told(made, 6)
        await made.take(wire.Played(1, 4))
        appliance.say(protocol.Cancel(6))
        await told(made, 7)
        await (made.take(wire.SetMode(2, "text")) if how == "another mode" else made.settle())
        heard = [await appliance.hear() for _ in range(3)]
        assert heard == [protocol.Played(4), protocol.Playing(5), protocol.Played(5)]
        await made.settle()
        await made.take(wire.Hush(3))
        assert await appliance.hear() == protocol.Hush()


async def test_cancelled_speech_is_not_told_any_more(tmp_path: Path) -> None:
    async with conversing(tmp_path) as (made, appliance):
        appliance.say(protocol.Play(4, 16_000, b"ab"), protocol.Play(5, 16_000, b"cd"), protocol.Cancel(4))
        speech, cancel = await told(made, 3)
        assert speech == wire.Speech(5, 16_000, b"cd")
        assert cancel == {"type": "cancel", "n": 3, "turn": 4}


async def test_frames_come_once_and_gaps_are_counted(tmp_path: Path) -> None:
    async with conversing(tmp_path) as (made, appliance):
        for frame in (wire.Press(1), wire.Press(1), wire.Release(4), wire.Hush(3)):
            await made.take(frame)
        assert [await appliance.hear(), await appliance.hear()] == [protocol.Talk(), protocol.Finish()]
        assert (made.heard, made.lost) == (4, 2)


async def test_who_comes_back_is_told_where_to_go_on_and_what_is_gone(tmp_path: Path) -> None:
    known = Talks(Context(Settings(Web(), "en", "1", str(tmp_path))))
    async with conversing(tmp_path) as (made, _):
        made.outbox = Outbox(max_frames=2)
        for _number in range(5):
            made.outbox.put(wire.Told("x"))
        back = welcome(made, wire.Hello(token=made.token, heard=1), known, "en", resumed=True)
        assert (back["from"], back["missed"]) == (1, 2)
        unknown = welcome(made, wire.Hello(token=made.token, heard=wire.MAX_U32), known, "en", resumed=True)
        assert (unknown["from"], unknown["missed"]) == (5, 0)


async def test_an_appliance_that_goes_ends_it(tmp_path: Path) -> None:
    async with conversing(tmp_path) as (made, appliance):
        news = asyncio.Event()
        made.tell = news.set
        appliance.writer.close()
        async with asyncio.timeout(SECONDS):
            await news.wait()
        assert made.over
        assert not made.ended
