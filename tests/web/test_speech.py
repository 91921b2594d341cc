"""Speech over real calls: made once, refused with its reason, silent for a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.calls.server import CallServer, calls_path
from appliance.config.model import Web
from appliance.errors import ControlError
from appliance.pipeline.trace import TurnNote
from appliance.web.context import Context
from appliance.web.problems import Refused
from appliance.web.settings import Settings
from appliance.web.speech import MAX_AT_ONCE, Speech
from appliance.web.speechcache import Key, Sound
from tests.controlled import controlled

KEY = Key("hello", "espeak", ":", 1.25)
VALUES = {"tts.engine": "espeak", "tts.model": "", "tts.voice": "", "tts.speed": 1.0}


class Loudspeakers:
    """Places that say what their script holds."""

    def __init__(self) -> None:
        self.script = "speak"
        self.paces: list[float] = []
        self.said: list[str] = []
        self.heard: list[str] = []
        self.most = self.now = 0
        self.tasks: list[asyncio.Task[None]] = []

    def add_place(self, name: str, output: Any, area: str = "") -> Loudspeaker:
        assert name.startswith("tts-"), area
        self.now += 1
        self.most = max(self.most, self.now)
        return Loudspeaker(self, output)

    def remove_place(self, name: str) -> None:
        del name
        self.now -= 1


class Loudspeaker:
    def __init__(self, places: Loudspeakers, output: Any) -> None:
        self.places, self.output = places, output

    def pace(self, speed: float) -> None:
        self.places.paces.append(speed)

    def say(self, text: str, started: Callable[[int], bool]) -> bool:
        if self.places.script == "busy":
            return False
        self.places.said.append(text)
        started(3)
        self.places.tasks.append(asyncio.create_task(self._speak()))
        return True

    async def _speak(self) -> None:
        await asyncio.sleep(0.01)
        if self.places.script == "speak":
            self.output.play(2, 1, b"of another turn!")
            self.output.play(3, 22_050, b"ab")
            self.output.play(3, 22_050, b"cd")
            self.output.end(3)
        elif self.places.script == "wordless":
            self.output.note(TurnNote(3, "done", 1, {"outcome": "answered"}))
        elif self.places.script == "late":
            self.output.note(TurnNote(3, "done", 1, {"outcome": "late"}))
        else:
            self.output.cancel(3)

    def play_started(self, turn: int, at_ms: int | None = None) -> None:
        self.places.heard.append(f"started {turn} {at_ms}")

    def played(self, turn: int) -> None:
        self.places.heard.append(f"played {turn}")


class Bench:
    def __init__(self, data: Path) -> None:
        self.places = Loudspeakers()
        self.server = CallServer(calls_path(data), self.places)  # type: ignore[arg-type]
        self.context = Context(Settings(Web(), "en", "1", str(data)))
        self.speech = Speech(self.context)

    async def say(self, key: Key = KEY) -> list[Sound]:
        return [piece async for piece in self.speech.pieces(key)]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    (tmp_path / "run").mkdir()
    made = Bench(tmp_path)
    await made.server.start()
    yield made
    await made.server.stop()


async def test_it_comes_in_pieces_and_is_heard_to_its_end(bench: Bench) -> None:
    assert await bench.say() == [Sound(22_050, b"ab"), Sound(22_050, b"cd")]
    assert (bench.places.paces, bench.places.said) == ([1.25], ["hello"])
    async with asyncio.timeout(5):
        while bench.places.now:
            await asyncio.sleep(0.01)
    assert bench.places.heard == ["started 3 None", "played 3"]


async def test_the_second_time_it_is_remembered_as_one(bench: Bench) -> None:
    await bench.say()
    assert await bench.say() == [Sound(22_050, b"abcd")]
    assert bench.places.said == ["hello"]


@pytest.mark.parametrize(
    ("script", "status", "word"),
    [
        ("wordless", 409, "nothing in this text"),
        ("late", 503, "nothing could be said"),
        ("cancel", 503, "nothing"),
    ],
)
async def test_silence_has_a_reason(bench: Bench, script: str, status: int, word: str) -> None:
    bench.places.script = script
    with pytest.raises(Refused, match=word) as caught:
        await bench.say()
    assert caught.value.status_code == status
    assert len(bench.speech.cache) == 0


async def test_too_much_waits(bench: Bench) -> None:
    bench.places.script = "busy"
    with pytest.raises(ControlError, match="too much"):
        await bench.say()


async def test_only_some_speak_at_once(bench: Bench) -> None:
    await asyncio.gather(*(bench.say(KEY._replace(text=str(number))) for number in range(4 * MAX_AT_ONCE)))
    assert bench.places.most <= MAX_AT_ONCE
    assert len(bench.places.said) == 4 * MAX_AT_ONCE


@pytest.mark.parametrize(
    ("values", "voice", "wanted"),
    [
        ({}, None, Key("x", "espeak", ":", 1.0)),
        ({}, "default", Key("x", "espeak", ":", 1.0)),
        ({"tts.voice": "en-us", "tts.speed": 1.5}, "en-us", Key("x", "espeak", ":en-us", 1.5)),
        (
            {"tts.engine": "piper", "tts.model": "amy", "tts.voice": "2"},
            "amy",
            Key("x", "piper", "amy:2", 1.0),
        ),
    ],
)
async def test_the_voice_that_is_configured(
    tmp_path: Path, values: dict[str, object], voice: str | None, wanted: Key
) -> None:
    told = {"settings": {key: {"value": value} for key, value in (VALUES | values).items()}}
    async with controlled(tmp_path, settings=told):
        context = Context(Settings(Web(), "en", "1", str(tmp_path)))
        assert await Speech(context).key("x", voice, None) == wanted
        assert (await Speech(context).key("x", voice, 0.75)).speed == 0.75
        with pytest.raises(Refused, match="no other"):
            await Speech(context).key("x", "another", None)
        await context.stop()
