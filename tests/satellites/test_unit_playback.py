"""The jitter buffer of the reference satellite."""

from __future__ import annotations

from appliance.satellites.protocol_audio import Chunk
from appliance.satellites.unit_playback import MAX_HELD_SECONDS, Playback
from appliance.wire import messages as m

TENTH = b"\x01\x02" * 1_600


def chunk(sequence: int, pcm: bytes = TENTH, *, last: bool = False) -> Chunk:
    return Chunk(7, sequence, 0, pcm, 16_000, first=sequence == 0, last=last)


def test_a_little_is_gathered_then_everything_flows() -> None:
    playback = Playback(7, 0.15)
    assert playback.add(chunk(0), 0.0) == []
    assert len(playback.add(chunk(1), 0.05)) == 2
    assert playback.add(chunk(2), 0.06) == [m.Play(7, 16_000, TENTH)]
    assert playback.add(chunk(3, b"", last=True), 0.07) == [m.PlayEnd(7)]
    assert playback.add(chunk(4), 0.08) == [], "after the last one"


def test_a_short_word_does_not_wait_for_more() -> None:
    assert Playback(7, 0.5).add(chunk(0, last=True), 0.0) == [m.Play(7, 16_000, TENTH), m.PlayEnd(7)]


def test_a_slow_beginning_is_waited_for_but_not_for_ever() -> None:
    playback = Playback(7, 0.5)
    playback.add(chunk(0), 0.0)
    assert playback.due(0.4) == []
    assert len(playback.due(0.5)) == 1


def test_doubles_are_dropped_and_gaps_counted() -> None:
    playback = Playback(7, 0.0)
    for sequence in (0, 1, 1, 0, 5):
        playback.add(chunk(sequence), 0.0)
    assert (playback.dropped, playback.lost) == (2, 3)


def test_a_hub_that_sends_far_too_much_does_not_fill_the_memory() -> None:
    playback = Playback(7, 0.0)
    taken = sum(len(playback.add(chunk(number), 0.0)) for number in range(1_000))
    assert taken <= MAX_HELD_SECONDS * 10
    assert playback.dropped == 1_000 - taken


def test_how_much_was_played() -> None:
    playback = Playback(7, 0.0)
    playback.add(chunk(0), 0.0)
    assert playback.played_seconds(5.0) == 0
    playback.started(5.0)
    assert playback.audible
    assert playback.played_seconds(5.06) > 0.05
    assert playback.played_seconds(9.0) == 0.1
