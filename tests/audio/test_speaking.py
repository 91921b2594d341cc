"""The loudspeaker with PortAudio, in a process of its own on a private PulseAudio."""

from __future__ import annotations

import array
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.audio import pcm
from appliance.audio.capture import AudioClock, Event, Finished, Started
from appliance.audio.playback import MAX_QUEUED_SECONDS
from appliance.audio.portaudio import PortAudio
from appliance.audio.speaking import CLOSE_AFTER_SECONDS, SILENT_SECONDS, Speaking
from appliance.audio.streams import Format
from appliance.errors import AudioError
from tests.apart import Apart
from tests.audio.cards import OnlyThese
from tests.audio.conftest import Pulse

WAIT_SECONDS = 15.0
LOUD = 8_192


def square(seconds: float, rate_hz: int) -> bytes:
    """Its root mean square is its height."""
    return array.array("h", [LOUD, -LOUD] * round(seconds * rate_hz / 2)).tobytes()


def silent_one(library: PortAudio | None = None, level: float = 1.0) -> Speaking:
    return Speaking(library or PortAudio(), "default", AudioClock(), lambda: None, level)


class Served:
    """A loudspeaker that is served whenever its callback has news."""

    def __init__(self, *formats: Format, level: float = 1.0) -> None:
        library = OnlyThese(*formats) if formats else PortAudio()
        library.open()
        self.news = threading.Event()
        self.speaking = Speaking(library, "default", AudioClock(), self.news.set, level)

    def until(self, kind: type[Event]) -> list[Event]:
        found: list[Event] = []
        deadline = time.monotonic() + WAIT_SECONDS
        while not any(isinstance(event, kind) for event in found):
            assert time.monotonic() < deadline, f"no {kind.__name__}"
            self.news.wait(0.02)
            self.news.clear()
            found += self.speaking.serve(time.monotonic())
        return found


def spoken(rates_hz: tuple[int, ...], formats: tuple[Format, ...], level: float) -> dict[str, Any]:
    served = Served(*formats, level=level)
    speaking = served.speaking
    for rate_hz in rates_hz:
        speaking.play(4, rate_hz, square(0.25, rate_hz))
    wanted = speaking.should_open(missing=False)
    name = speaking.open()
    speaking.end(4)
    events = served.until(Finished)
    now = time.monotonic()
    seen = {
        "wanted": wanted, "name": name, "events": events, "open": speaking.is_open,
        "lost": speaking.take_lost(),
        "alive": not speaking.broken(now), "dead": speaking.broken(now + SILENT_SECONDS + 1),
        "deadlines": [due - now for due in speaking.deadlines(now)],
    }  # fmt: skip
    speaking.serve(now + CLOSE_AFTER_SECONDS - 1)
    kept = speaking.is_open
    speaking.serve(now + CLOSE_AFTER_SECONDS + 1)
    return {**seen, "kept": kept, "idle": speaking.is_open, "after": speaking.deadlines(now)}


def cut_short() -> dict[str, Any]:
    served = Served()
    speaking = served.speaking
    for turn in (1, 2, 3):
        speaking.play(turn, 16_000, square(2.0, 16_000))
    speaking.open()
    started = served.until(Started)
    other = speaking.stop(2, time.monotonic())
    open_then = speaking.is_open
    playing = speaking.stop(1, time.monotonic())
    return {
        "started": started, "other": other, "open_then": open_then, "playing": playing,
        "open": speaking.is_open,
        "next": speaking.should_open(missing=False), "unknown": speaking.stop(99, time.monotonic()),
    }  # fmt: skip


def pulled_out(daemon: int) -> dict[str, Any]:
    served = Served()
    speaking = served.speaking
    speaking.play(1, 16_000, square(5.0, 16_000))
    speaking.open()
    served.until(Started)
    os.kill(daemon, signal.SIGKILL)
    deadline = time.monotonic() + WAIT_SECONDS
    while not speaking.broken(time.monotonic()):
        assert time.monotonic() < deadline, "nobody noticed"
        time.sleep(0.05)
        speaking.serve(time.monotonic())
    speaking.close()
    try:
        speaking.open()
    except AudioError as error:
        seen = {"message": error.message, "hint": error.hint}
    speaking.discard()
    speaking.end(1)
    return {**seen, "ended": speaking.serve(time.monotonic()), "open": speaking.is_open}


@pytest.fixture
def apart(pulse: Pulse) -> Iterator[Apart]:
    process = Apart(pulse.environment)
    yield process
    process.close()


@pytest.mark.parametrize(
    ("rates_hz", "formats", "level"),
    [
        ((16_000, 48_000, 22_050), (), 1.0),
        ((16_000,), (Format(44_100, 5_000), Format(16_000, 1)), 0.25),
    ],
    ids=["several rates in one turn", "the first format that the card takes, softly"],
)
def test_a_turn_is_told_as_it_was_heard(
    apart: Apart, rates_hz: tuple[int, ...], formats: tuple[Format, ...], level: float
):
    seen = apart.run(spoken, rates_hz, formats, level)
    assert seen["wanted"]
    assert seen["name"]
    started, finished = seen["events"]
    assert (started.turn, finished.turn, finished.interrupted) == (4, 4, False)
    assert finished.seconds == pytest.approx(0.25 * len(rates_hz), abs=0.02)
    if len(rates_hz) == 1:
        assert finished.rms == pytest.approx(level * LOUD / pcm.FULL_SCALE, rel=0.01), (
            "no filter was in between"
        )
    assert (seen["open"], seen["alive"], seen["dead"]) == (True, True, True)
    assert all(0 < due <= CLOSE_AFTER_SECONDS + 0.1 for due in seen["deadlines"])
    assert (seen["kept"], seen["idle"], seen["after"]) == (True, False, [])


def test_only_the_turn_that_plays_falls_silent_with_its_stream(apart: Apart):
    seen = apart.run(cut_short)
    assert [event.turn for event in seen["started"]] == [1]
    waiting = next(event for event in seen["other"] if isinstance(event, Finished))
    assert (waiting.turn, waiting.seconds, waiting.rms, waiting.interrupted) == (2, 0.0, 0.0, True)
    assert seen["open_then"]
    playing = seen["playing"][-1]
    assert (playing.turn, playing.interrupted) == (1, True)
    assert 0 < playing.seconds < 2
    assert (seen["open"], seen["next"], seen["unknown"]) == (False, True, [])


def test_a_card_that_is_pulled_out_is_noticed_and_the_turn_still_ends(apart: Apart, pulse: Pulse):
    assert pulse._daemon is not None
    seen = apart.run(pulled_out, pulse._daemon.pid)
    assert "loudspeaker" in seen["message"]
    assert seen["hint"]
    (ended,) = seen["ended"]
    assert (ended.turn, ended.interrupted, seen["open"]) == (1, False, False)
    assert 0 < ended.seconds < 5


# --- without a card -----------------------------------------------------------------------------------------


def test_it_opens_for_speech_or_to_look_for_a_missing_card():
    speaking = silent_one()
    assert not speaking.should_open(missing=False)
    assert speaking.should_open(missing=True)
    speaking.end(1)
    assert not speaking.should_open(missing=False), "a turn without speech needs no card"
    speaking.play(2, 16_000, b"ab")
    assert not speaking.should_open(missing=False), "the first turn comes first"
    assert [event.turn for event in speaking.serve(1.0)] == [1]
    assert speaking.should_open(missing=False)
    assert speaking.deadlines(1.0) == []
    assert not speaking.broken(1e9)


def test_speech_waits_for_a_card_until_it_is_discarded():
    speaking = silent_one()
    speaking.play(1, 16_000, square(0.1, 16_000))
    speaking.end(1)
    assert speaking.serve(1.0) == []
    speaking.discard()
    assert speaking.serve(2.0) == [Finished(1, 0, 0.0, 0.0, False)]
    assert speaking.serve(3.0) == []


def test_what_waits_is_bounded_and_losses_are_counted():
    speaking = silent_one()
    second = bytes(2 * 16_000)
    for _ in range(int(MAX_QUEUED_SECONDS) + 2):
        speaking.play(1, 16_000, second)
    assert speaking.take_lost() == -(-2_000 // pcm.BLOCK_MS)
    assert speaking.take_lost() == 0


def test_stopping_tells_the_end_of_each_part_of_the_turn():
    speaking = silent_one()
    for turn in (1, 2, 1):
        speaking.play(turn, 16_000, b"ab")
        speaking.end(turn)
    assert [(event.turn, event.interrupted) for event in speaking.stop(1, 1.0)] == [(1, True), (1, True)]
    speaking.close()
    speaking.close()
    assert not speaking.is_open
    assert speaking.should_open(missing=False)
