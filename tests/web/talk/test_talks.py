"""How long a talk waits for its browser, and who makes room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.calls import protocol
from appliance.calls.server import calls_path
from appliance.config.model import Web
from appliance.control import NotRunning
from appliance.errors import ControlError
from appliance.web.context import Context
from appliance.web.settings import Settings
from appliance.web.talk import wire
from appliance.web.talk.talks import Talks
from appliance.web.talk.talks import talks as of_context

SECONDS = 10.0


class Door:
    """A calls socket that lets in so many, and writes down who is gone."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.inside = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(protocol.length(await reader.readexactly(4)))
        allowed = self.inside < self.room
        writer.write(protocol.encode(protocol.Opened() if allowed else protocol.Refused("full", "wait")))
        if allowed:
            self.inside += 1
            await reader.read()
            self.inside -= 1
        writer.close()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    (tmp_path / "run").mkdir()
    made = Door(room=2)
    server = await asyncio.start_unix_server(made.accept, str(calls_path(tmp_path)))
    async with server:
        yield made


def known(tmp_path: Path, hold_seconds: float = SECONDS) -> Talks:
    return Talks(Context(Settings(Web(), "en", "1", str(tmp_path))), hold_seconds)


async def empty(door: Door, left: int) -> None:
    async with asyncio.timeout(SECONDS):
        while door.inside > left:
            await asyncio.sleep(0.01)


async def test_nobody_comes_back_and_the_place_is_free(tmp_path: Path, door: Door) -> None:
    talks = known(tmp_path, hold_seconds=0.05)
    conversation, resumed = await talks.join(wire.Hello())
    assert not resumed
    line = Watching()
    talks.hold(conversation, line)  # type: ignore[arg-type]
    talks.leave(conversation, line)  # type: ignore[arg-type]
    await empty(door, 0)
    assert len(talks) == 0
    again, resumed = await talks.join(wire.Hello(token=conversation.token))
    assert not resumed
    talks.end(again)
    await empty(door, 0)


async def test_who_waits_for_nobody_makes_room_and_who_talks_does_not(tmp_path: Path, door: Door) -> None:
    talks = known(tmp_path)
    gone, here = [(await talks.join(wire.Hello()))[0] for _ in range(2)]
    lines = [Watching(), Watching()]
    talks.hold(gone, lines[0])  # type: ignore[arg-type]
    talks.hold(here, lines[1])  # type: ignore[arg-type]
    with pytest.raises(ControlError, match="full"):
        await talks.join(wire.Hello())
    talks.leave(gone, lines[0])  # type: ignore[arg-type]
    third, _ = await talks.join(wire.Hello())
    assert gone.over
    assert not here.over
    for each in (here, third):
        talks.end(each)
    await empty(door, 0)


async def test_the_older_connection_is_told_and_ends_nothing(tmp_path: Path, door: Door) -> None:
    talks = known(tmp_path, hold_seconds=0.0)
    conversation, _ = await talks.join(wire.Hello())
    older, newer = Watching(), Watching()
    talks.hold(conversation, older)  # type: ignore[arg-type]
    talks.hold(conversation, newer)  # type: ignore[arg-type]
    assert (older.taken, newer.taken) == (True, False)
    talks.leave(conversation, older)  # type: ignore[arg-type]
    assert (await talks.join(wire.Hello(token=conversation.token))) == (conversation, True)
    talks.end(conversation)
    await empty(door, 0)


async def test_a_token_of_another_process_is_good_for_the_same_place(tmp_path: Path, door: Door) -> None:
    before = known(tmp_path)
    conversation, _ = await before.join(wire.Hello())
    before.end(conversation)
    await empty(door, 0)
    after = known(tmp_path)
    again, resumed = await after.join(wire.Hello(token=conversation.token))
    assert (again.name, again.token, resumed) == (conversation.name, conversation.token, False)
    assert conversation.token not in again.name
    after.end(again)
    await empty(door, 0)


@pytest.mark.parametrize("token", ["guess", "a" * 31, "a" * 33, "../" + "a" * 29, "ä" * 32])
async def test_a_token_that_nobody_gave_out_is_not_taken(tmp_path: Path, door: Door, token: str) -> None:
    talks = known(tmp_path)
    conversation, resumed = await talks.join(wire.Hello(token=token))
    assert not resumed
    assert conversation.token != token
    talks.end(conversation)
    await empty(door, 0)


async def test_one_that_lost_its_appliance_begins_again_in_its_place(tmp_path: Path, door: Door) -> None:
    talks = known(tmp_path)
    lost, _ = await talks.join(wire.Hello())
    line = Watching()
    talks.hold(lost, line)  # type: ignore[arg-type]
    await lost.close()
    await empty(door, 0)
    again, resumed = await talks.join(wire.Hello(token=lost.token))
    talks.leave(lost, line)  # type: ignore[arg-type]
    assert (again.name, resumed, len(talks)) == (lost.name, False, 1)
    assert not again.over
    talks.end(again)
    await empty(door, 0)


async def test_without_an_appliance_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(NotRunning):
        await known(tmp_path).join(wire.Hello())


def test_one_for_each_process(tmp_path: Path) -> None:
    context = Context(Settings(Web(), "en", "1", str(tmp_path)))
    assert of_context(context) is of_context(context)


class Watching:
    """A connection that notes whether it was taken over."""

    taken = False

    def take_over(self) -> None:
        self.taken = True
