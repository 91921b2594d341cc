"""Calls of a whole appliance: typed, spoken, refused, malformed."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audio import pcm
from appliance.calls import protocol
from appliance.calls.client import Call
from appliance.calls.server import MAX_CALLS, calls_path
from appliance.control import NotRunning
from appliance.errors import ControlError
from tests.appliances import Running

SECONDS = 30.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("calls") / "data", wake__engine="microwakeword")
    try:
        asyncio.run(made.listening())
        yield made
    finally:
        made.close()


def call(running: Running, name: str = "browser-1", **how: object) -> Call:
    return Call(calls_path(running.data), protocol.Open(name, **how))


async def until(made: Call, wanted: type[protocol.Frame], seen: list[protocol.ToCaller] | None = None):
    async with asyncio.timeout(SECONDS):
        async for frame in made.frames():
            if seen is not None:
                seen.append(frame)
            if isinstance(frame, wanted):
                return frame
    raise AssertionError(f"it hung up before {wanted.__name__}")


async def outcome(made: Call, seen: list[protocol.ToCaller] | None = None) -> str:
    while True:
        note = await until(made, protocol.Note, seen)
        if note.kind == "done":
            return str(note.data["outcome"])


def notes(seen: list[protocol.ToCaller], kind: str) -> list[protocol.Note]:
    return [each for each in seen if isinstance(each, protocol.Note) and each.kind == kind]


async def test_a_typed_question_is_answered_in_words(running: Running) -> None:
    async with call(running, sound=False) as made:
        seen: list[protocol.ToCaller] = []
        await made.send(protocol.Ask("what time is it", 7))
        assert await outcome(made, seen) == "answered"
    assert [each.id for each in seen if isinstance(each, protocol.Begun)] == [7]
    assert notes(seen, "reply")[0].data["text"]
    assert not [each for each in seen if isinstance(each, protocol.Play)]


async def test_a_spoken_answer_comes_in_pieces_and_is_over_when_it_was_heard(running: Running) -> None:
    async with call(running) as made:
        seen: list[protocol.ToCaller] = []
        await made.send(protocol.Ask("what time is it"))
        end = await until(made, protocol.End, seen)
        speech = b"".join(each.pcm for each in seen if isinstance(each, protocol.Play))
        assert pcm.rms(speech) > 0.02
        assert not notes(seen, "done")
        await made.send(protocol.Playing(end.turn))
        await made.send(protocol.Played(end.turn))
        assert await outcome(made, seen) == "answered"
        assert notes(seen, "first_audio")


async def test_a_pressed_button_listens_and_a_released_one_ends_it(running: Running) -> None:
    async with call(running) as made:
        seen: list[protocol.ToCaller] = []
        await made.send(protocol.Talk())
        await until(made, protocol.Note, seen)
        for number in range(10):
            await made.send(protocol.Audio(number * 100, bytes(3_200)))
        await made.send(protocol.Finish())
        while not notes(seen, "transcript"):
            await until(made, protocol.Note, seen)
        await made.send(protocol.Hush())


async def test_two_cannot_have_one_name_and_it_is_free_again(running: Running) -> None:
    async with call(running):
        with pytest.raises(ControlError, match="browser-1"):
            await call(running).__aenter__()
    for _ in range(100):
        try:
            async with call(running):
                return
        except ControlError:
            await asyncio.sleep(0.05)
    pytest.fail("the name is never free again")


async def test_the_door_is_private(running: Running) -> None:
    assert stat.S_IMODE(calls_path(running.data).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 10,
        b"\xff\xff\xff\xff",
        protocol.encode(protocol.Talk()),
        b"\0\0\0\x04junk",
    ],
)
async def test_who_speaks_another_language_is_hung_up_on_and_nobody_else(
    running: Running, said: bytes
) -> None:
    async with call(running, "browser-2", sound=False) as other:
        reader, writer = await asyncio.open_unix_connection(str(calls_path(running.data)))
        writer.write(said)
        async with asyncio.timeout(SECONDS):
            assert await reader.read() == b""
        writer.close()
        await other.send(protocol.Ask("what time is it"))
        assert await outcome(other) == "answered"


async def test_there_is_an_end_to_callers(running: Running) -> None:
    doors = [socket.socket(socket.AF_UNIX) for _ in range(MAX_CALLS)]
    try:
        for door in doors:
            door.connect(str(calls_path(running.data)))
        await asyncio.sleep(0.2)
        with pytest.raises(ControlError, match="conversations are under way"):
            await call(running).__aenter__()
    finally:
        for door in doors:
            door.close()


async def test_without_an_appliance_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(NotRunning):
        await Call(calls_path(tmp_path), protocol.Open("browser-1")).__aenter__()
