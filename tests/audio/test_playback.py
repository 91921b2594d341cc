"""What waits for the loudspeaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.audio.playback import PlayQueue, Track


@given(pieces=st.lists(st.binary(max_size=400), max_size=8), steps=st.lists(st.floats(0, 0.01), min_size=1))
def test_every_whole_sample_is_taken_once_and_in_order(pieces: list[bytes], steps: list[float]):
    queue = PlayQueue()
    for piece in pieces:
        queue.add(1, 16_000, piece)
    queue.end(1)
    track = queue.head
    assert track is not None
    taken = b""
    for turn in range(2_000):
        piece = track.take(steps[turn % len(steps)])
        if piece is None:
            break
        assert piece[0] == 16_000
        assert piece[1]
        taken += piece[1]
    assert taken == b"".join(piece[: len(piece) // 2 * 2] for piece in pieces)


def test_the_measure_is_of_what_was_played():
    track = Track(1)
    assert track.rms() == 0.0
    track.played(16_000, b"\0\x40" * 8_000)
    track.played(8_000, b"\0\x40" * 8_000, gain=0.0)
    assert track.seconds == 1.5
    assert abs(track.rms() - 0.5 / 2**0.5) < 1e-9


def test_an_ended_turn_is_not_continued_but_begun_anew():
    queue = PlayQueue()
    queue.add(0, 16_000, b"ab")
    queue.end(0)
    queue.add(0, 16_000, b"cd")
    first = queue.head
    assert first is not None
    assert (list(first.pieces), first.ended) == ([(16_000, b"ab")], True)
    assert [track.ended for track in queue.remove(0)] == [True, False]
    assert not queue


def test_discarded_speech_leaves_the_turn():
    queue = PlayQueue()
    queue.add(4, 16_000, b"abcd")
    queue.end(4)
    queue.discard()
    assert queue.head is not None
    assert (queue.head.turn, queue.head.waiting_seconds(), queue.head.ended) == (4, 0, True)
