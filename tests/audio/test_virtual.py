"""The device without a card, in virtual time."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

import pytest

from appliance.audio import pcm
from appliance.audio.capture import SECOND_NS, Event, Finished, Heard, Lost, Started
from appliance.audio.playback import MAX_QUEUED_SECONDS
from appliance.audio.virtual import (
    BLOCK_NS,
    IDLE_BLOCKS,
    MAX_CATCH_UP_BLOCKS,
    MAX_INJECTED_BYTES,
    VirtualDevice,
)

SPEECH = b"\x10\x20" * pcm.BLOCK_SAMPLES


class World:
    """A device whose clock this test owns."""

    def __init__(self) -> None:
        self.now_ns = 5 * SECOND_NS
        self.device = VirtualDevice(1.0, lambda: self.now_ns)

    def after(self, seconds: float, step_seconds: float = 0.032) -> list[Event]:
        """What happens in this time, served every step."""
        events: list[Event] = []
        end = self.now_ns + round(seconds * SECOND_NS)
        while self.now_ns < end:
            self.now_ns = min(end, self.now_ns + round(step_seconds * SECOND_NS))
            events += self.device.service()
        return events


@pytest.fixture
def world() -> Iterator[World]:
    built = World()
    built.device.open()
    yield built
    built.device.close()


E_ = TypeVar("E_")


def only(events: list[Event], kind: type[E_]) -> list[E_]:
    return [event for event in events if isinstance(event, kind)]


def test_closed_it_hears_nothing(world: World):
    world.device.inject(SPEECH)
    assert world.after(1.0) == []


def test_silence_comes_in_real_time(world: World):
    world.device.capture(on=True)
    blocks = only(world.after(3.2), Heard)
    assert [block.at_ms for block in blocks] == [n * pcm.BLOCK_MS for n in range(100)]
    assert {block.pcm for block in blocks} == {bytes(pcm.BLOCK_BYTES)}


def test_what_is_injected_is_heard_once_whole_and_in_real_time(world: World):
    world.device.capture(on=True)
    world.after(1.0)
    speech = os.urandom(pcm.BLOCK_BYTES * 10 + 101 * 2)
    world.device.inject(speech[:5_001])
    world.device.inject(speech[5_001:])
    blocks = only(world.after(1.0), Heard)
    heard = b"".join(block.pcm for block in blocks)
    start = heard.index(speech)
    assert start < 2 * pcm.BLOCK_BYTES
    assert heard[start + len(speech) :].strip(b"\0") == b""
    assert {later.at_ms - sooner.at_ms for sooner, later in pairwise(blocks)} == {pcm.BLOCK_MS}


def test_while_somebody_speaks_blocks_come_one_by_one(world: World):
    world.device.capture(on=True)
    world.device.service()
    assert world.device._deadline_ns(world.now_ns) == world.now_ns + IDLE_BLOCKS * BLOCK_NS
    world.device.inject(SPEECH * 3)
    assert world.device._deadline_ns(world.now_ns) == world.now_ns + BLOCK_NS
    world.after(0.5)
    assert world.device._deadline_ns(world.now_ns) <= world.now_ns + BLOCK_NS


def test_after_a_stall_it_catches_up_within_bounds_and_loses_no_speech(world: World):
    world.device.capture(on=True)
    world.device.inject(SPEECH * 5)
    events = world.after(60.0, step_seconds=60.0)
    blocks = only(events, Heard)
    assert len(blocks) == MAX_CATCH_UP_BLOCKS
    assert [block.at_ms for block in blocks] == [n * pcm.BLOCK_MS for n in range(MAX_CATCH_UP_BLOCKS)]
    assert only(events, Lost) == [Lost(60_000 // pcm.BLOCK_MS - MAX_CATCH_UP_BLOCKS, 0)]
    assert sum(block.pcm == SPEECH for block in blocks) == 5


def test_injected_speech_is_bounded(world: World):
    world.device.capture(on=True)
    world.device.inject(bytes(MAX_INJECTED_BYTES))
    world.device.inject(SPEECH * 3)
    assert only(world.device.service(), Lost) == [Lost(3, 0)]


def test_mute_forgets_and_the_clock_goes_on(world: World):
    world.device.capture(on=True)
    world.device.inject(SPEECH * 100)
    last = only(world.after(0.64), Heard)[-1]
    world.device.capture(on=False)
    assert only(world.after(1.0), Heard) == []
    world.device.capture(on=True)
    blocks = only(world.after(0.64), Heard)
    assert {block.pcm for block in blocks} == {bytes(pcm.BLOCK_BYTES)}
    assert blocks[0].at_ms == pytest.approx(last.at_ms + pcm.BLOCK_MS + 1_000, abs=2)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 48_000])
def test_playing_takes_as_long_as_the_speech(world: World, rate_hz: int):
    world.device.capture(on=True)
    world.after(0.32)
    speech = b"\0\x40" * rate_hz
    world.device.play(7, rate_hz, speech[: rate_hz // 2 * 2])
    world.device.play(7, rate_hz, speech[rate_hz // 2 * 2 :])
    world.device.end(7)
    events = world.after(1.2)
    assert only(events, Started) == [Started(7, 320)]
    (finished,) = only(events, Finished)
    assert (finished.turn, finished.interrupted) == (7, False)
    assert finished.at_ms == pytest.approx(1_320, abs=2)
    assert finished.seconds == pytest.approx(1.0, abs=0.001)
    assert finished.rms == pytest.approx(0.5, abs=0.001)


def test_volume_is_measured(world: World):
    world.device.play(1, 16_000, b"\0\x40" * 8_000)
    world.device.end(1)
    world.after(0.25, step_seconds=0.001)
    world.device.volume(0.0)
    (finished,) = only(world.after(1.0), Finished)
    assert finished.rms == pytest.approx(0.5 / 2**0.5, rel=0.02)


def test_turns_are_played_one_after_the_other(world: World):
    for turn in (1, 2):
        world.device.play(turn, 16_000, bytes(16_000))
        world.device.end(turn)
    events = [event for event in world.after(2.0, step_seconds=0.01) if not isinstance(event, Heard)]
    assert [(type(event).__name__, event.turn) for event in events] == [
        ("Started", 1), ("Finished", 1), ("Started", 2), ("Finished", 2),
    ]  # fmt: skip


def test_stop_silences_now(world: World):
    world.device.play(1, 16_000, bytes(32_000))
    world.device.play(2, 16_000, bytes(32_000))
    world.after(0.4)
    world.device.stop(1)
    finished = only(world.device.service(), Finished)
    assert [(each.turn, each.interrupted) for each in finished] == [(1, True)]
    assert finished[0].seconds == pytest.approx(0.4, abs=0.001)
    world.device.end(2)
    (second,) = only(world.after(1.5), Finished)
    assert (second.turn, second.interrupted) == (2, False)
    assert second.seconds == pytest.approx(1.0)


def test_a_turn_without_speech_ends_at_once(world: World):
    world.device.end(3)
    (finished,) = only(world.device.service(), Finished)
    assert (finished.turn, finished.seconds, finished.rms) == (3, 0.0, 0.0)


def test_speech_that_comes_too_late_is_an_underrun(world: World):
    world.device.play(1, 16_000, bytes(3_200))
    world.after(0.5)
    world.device.play(1, 16_000, bytes(3_200))
    world.device.end(1)
    events = world.after(0.2)
    (lost,) = only(events, Lost)
    assert lost == Lost(0, 13)
    assert only(events, Finished)[0].seconds == pytest.approx(0.2)


def test_waiting_speech_is_bounded(world: World):
    for _ in range(130):
        world.device.play(1, 16_000, bytes(32_000))
    (lost,) = only(world.device.service(), Lost)
    assert lost.output_blocks == pytest.approx((130 - MAX_QUEUED_SECONDS) * 1000 / pcm.BLOCK_MS, abs=2)


def test_its_descriptor_wakes_up_when_something_is_due():
    device = VirtualDevice(1.0)
    device.open()
    try:
        assert device.service() == []
        assert select.select([device.fileno()], [], [], 0)[0] == []
        device.capture(on=True)
        started = time.monotonic_ns()
        device.service()
        assert select.select([device.fileno()], [], [], 10)[0]
        assert time.monotonic_ns() - started >= BLOCK_NS
        assert device.service()
        assert select.select([device.fileno()], [], [], 0)[0] == []
    finally:
        device.close()
        device.close()
