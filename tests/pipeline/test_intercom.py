"""Two rooms hear each other, and nobody else does."""

from __future__ import annotations

import pytest

from appliance.audio import pcm
from appliance.config.model import Config, Satellites
from appliance.pipeline.intercom import PIECE_BYTES
from appliance.wire import messages as m
from tests.pipeline.rooms import Flat

SPEECH = b"\x07\x00" * pcm.BLOCK_SAMPLES


@pytest.fixture
async def flat() -> Flat:
    return Flat()


def speak(flat: Flat, name: str, count: int = 6) -> None:
    for number in range(count):
        flat.sites[name].hear(number * pcm.BLOCK_MS, SPEECH)


def heard(flat: Flat, name: str) -> bytes:
    return b"".join(call[2] for call in flat.rooms[name].told("play") if isinstance(call, tuple))


async def test_each_hears_the_other(flat: Flat) -> None:
    assert flat.conductor.connect("kitchen", "hall")
    speak(flat, "kitchen")
    assert heard(flat, "hall") == SPEECH * 6
    assert heard(flat, "kitchen") == b""
    speak(flat, "hall")
    assert heard(flat, "kitchen") == SPEECH * 6
    assert len(SPEECH) * 6 % PIECE_BYTES == 0
    assert flat.stages.take("stt") == [], "nobody else listens"


async def test_hanging_up_is_silence(flat: Flat) -> None:
    flat.conductor.connect("kitchen", "hall")
    flat.conductor.hang_up("hall")
    speak(flat, "kitchen")
    assert heard(flat, "hall") == b""
    assert flat.rooms["hall"].told("cancel")
    flat.conductor.hang_up("hall")


async def test_a_wake_word_ends_it(flat: Flat) -> None:
    flat.conductor.connect("kitchen", "hall")
    assert flat.sites["hall"].woken("alexa", 0.9, 0)
    speak(flat, "kitchen")
    assert heard(flat, "hall") == b""


async def test_a_room_that_vanishes_ends_it(flat: Flat) -> None:
    flat.conductor.connect("kitchen", "hall")
    flat.conductor.remove_place("hall")
    speak(flat, "kitchen")
    assert heard(flat, "hall") == b""
    assert flat.conductor.connect("kitchen", "local")


async def test_who_is_busy_or_unknown_cannot_be_called(flat: Flat) -> None:
    assert not flat.conductor.connect("kitchen", "cellar")
    assert not flat.conductor.connect("kitchen", "kitchen")
    flat.sites["hall"].woken("alexa", 0.9, 0)
    assert not flat.conductor.connect("kitchen", "hall")
    flat.sites["hall"].hush()
    assert flat.conductor.connect("kitchen", "hall")
    assert not flat.conductor.connect("local", "hall")


async def test_nobody_is_listened_to_for_ever() -> None:
    flat = Flat(Config(satellites=Satellites(announce_seconds=0.01)))
    flat.conductor.connect("kitchen", "hall")
    await flat.until(lambda: bool(flat.rooms["hall"].told("cancel")))
    speak(flat, "kitchen")
    assert heard(flat, "hall") == b""


async def test_the_appliance_itself_can_take_part(flat: Flat) -> None:
    assert flat.conductor.connect("local", "hall")
    for number in range(3):
        flat.conductor.message("sound", m.MicAudio(number * pcm.BLOCK_MS, SPEECH))
    assert heard(flat, "hall") == SPEECH * 3
    speak(flat, "hall", 3)
    assert any(isinstance(message, m.Play) for message in flat.stages.take("sound"))
