"""The microphone with PortAudio, in a process of its own on a private PulseAudio."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from appliance.audio import pcm
from appliance.audio.capture import AudioClock, Heard
from appliance.audio.portaudio import PortAudio
from appliance.audio.recording import SILENT_SECONDS, Recording
from appliance.audio.streams import Format
from appliance.errors import AudioError
from tests.apart import Apart
from tests.audio.cards import OnlyThese
from tests.audio.conftest import Pulse

WAIT_SECONDS = 15.0


def recording(library: PortAudio, wake: Callable[[], None] = lambda: None) -> Recording:
    library.open()
    return Recording(library, "default", AudioClock(), wake)


def blocks(microphone: Recording, count: int, news: threading.Event) -> list[Heard]:
    """So many blocks, waiting for the callback's word each time."""
    found: list[Heard] = []
    while len(found) < count:
        assert news.wait(WAIT_SECONDS), "the microphone says nothing"
        news.clear()
        found += microphone.blocks(time.monotonic())
    return found


def recorded(*formats: Format) -> dict[str, Any]:
    news = threading.Event()
    microphone = recording(OnlyThese(*formats) if formats else PortAudio(), news.set)
    seen: dict[str, Any] = {"before": (microphone.is_open, microphone.should_open(), microphone.deadlines())}
    microphone.want(on=True)
    seen["wanted"] = microphone.should_open()
    seen["name"] = microphone.open()
    found = blocks(microphone, 12, news)
    now = time.monotonic()
    seen["open"] = (microphone.is_open, microphone.should_open(), microphone.broken(now))
    seen["silent"] = microphone.broken(now + SILENT_SECONDS + 1)
    seen["due"] = microphone.deadlines()[0] - now
    microphone.want(on=False)
    microphone.close()
    seen["after"] = (
        microphone.is_open,
        microphone.should_open(),
        microphone.blocks(now),
        microphone.deadlines(),
    )
    microphone.want(on=True)
    microphone.open()
    again = blocks(microphone, 3, news)
    microphone.close()
    return {**seen, "blocks": [(each.at_ms, len(each.pcm)) for each in found], "again": again[0].at_ms}


def pulled_out(daemon: int) -> dict[str, Any]:
    news = threading.Event()
    microphone = recording(PortAudio(), news.set)
    microphone.want(on=True)
    microphone.open()
    blocks(microphone, 2, news)
    os.kill(daemon, signal.SIGKILL)
    deadline = time.monotonic() + WAIT_SECONDS
    while not microphone.broken(time.monotonic()):
        assert time.monotonic() < deadline, "nobody noticed"
        time.sleep(0.05)
    microphone.close()
    seen = {"should": microphone.should_open(), "open": microphone.is_open}
    try:
        microphone.open()
    except AudioError as error:
        seen |= {"message": error.message, "hint": error.hint}
    return {**seen, "left": microphone.is_open, "lost": microphone.take_lost() >= 0}


def refused() -> tuple[str, str]:
    microphone = recording(OnlyThese(Format(pcm.RATE_HZ, 4_000), Format(pcm.RATE_HZ, 5_000)))
    microphone.want(on=True)
    with pytest.raises(AudioError) as caught:
        microphone.open()
    assert not microphone.is_open
    assert microphone.should_open()
    return caught.value.message, caught.value.hint


@pytest.fixture
def apart(pulse: Pulse) -> Iterator[Apart]:
    process = Apart(pulse.environment)
    yield process
    process.close()


@pytest.mark.parametrize(
    "formats",
    [(), (Format(48_000, 2),), (Format(pcm.RATE_HZ, 4_000), Format(44_100, 1))],
    ids=["ours", "48 kHz stereo", "the first that the card takes"],
)
def test_whatever_the_card_gives_blocks_are_ours(apart: Apart, formats: tuple[Format, ...]):
    seen = apart.run(recorded, *formats)
    assert seen["before"] == (False, False, [])
    assert seen["wanted"]
    assert seen["name"]
    assert {size for _, size in seen["blocks"]} == {pcm.BLOCK_BYTES}
    assert {later - sooner for (sooner, _), (later, _) in pairwise(seen["blocks"])} == {pcm.BLOCK_MS}
    assert seen["open"] == (True, False, False)
    assert seen["silent"], "a stream without blocks is dead"
    assert 0 < seen["due"] <= SILENT_SECONDS + 0.1
    assert seen["after"] == (False, False, [], []), "closed is closed at once"
    assert seen["again"] > seen["blocks"][-1][0], "the clock goes on"


def test_a_card_that_is_pulled_out_is_noticed_and_named(apart: Apart, pulse: Pulse):
    assert pulse._daemon is not None
    seen = apart.run(pulled_out, pulse._daemon.pid)
    assert (seen["should"], seen["open"], seen["left"], seen["lost"]) == (True, False, False, True)
    assert seen["message"].startswith("microphone ")
    assert "cannot be opened" in seen["message"]
    assert "fuser" in seen["hint"]


def test_a_card_that_takes_no_format_is_one_sentence(apart: Apart):
    message, hint = apart.run(refused)
    assert "cannot be opened: Error opening RawInputStream" in message
    assert "fuser" in hint


def test_nothing_happens_while_nobody_wants_it():
    microphone = Recording(PortAudio(), "default", AudioClock(), lambda: None)
    microphone.close()
    microphone.want(on=False)
    assert not microphone.broken(1e9)
    assert (microphone.blocks(0.0), microphone.take_lost(), microphone.deadlines()) == ([], 0, [])
