"""Any pieces in, the same audio out, a little later."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.audio.framing import FRAME_BYTES, FRAME_SAMPLES, Framer

SAMPLE = pcm.SAMPLE_BYTES


def same(_first: int, frame: bytes) -> bytes:
    return frame


def inverted(_first: int, frame: bytes) -> bytes:
    return bytes(255 - value for value in frame)


@given(st.lists(st.integers(0, 1_000), max_size=30), st.integers(0, 10**12))
def test_any_pieces_come_back_in_their_own_lengths_and_order(lengths: list[int], begin: int):
    framer, told, came, first = Framer(), b"", b"", begin
    for samples in lengths:
        piece = os.urandom(samples * SAMPLE)
        back = framer.feed(first, piece, inverted)
        assert len(back) == len(piece)
        told, came, first = told + piece, came + back, first + samples
    late = framer.delay_samples * SAMPLE
    assert came == (bytes(late) + inverted(0, told))[: len(told)]


@given(st.lists(st.integers(0, 1_000), max_size=30), st.integers(0, 10**12))
def test_every_frame_is_whole_and_knows_its_place(lengths: list[int], begin: int):
    framer, first = Framer(), begin
    places: list[int] = []

    def note(place: int, frame: bytes) -> bytes:
        assert len(frame) == FRAME_BYTES
        places.append(place)
        return frame

    for samples in lengths:
        framer.feed(first, bytes(samples * SAMPLE), note)
        first += samples
    assert len(places) == sum(lengths) // FRAME_SAMPLES
    assert all(later - sooner == FRAME_SAMPLES for sooner, later in pairwise(places))
    assert places[:1] in ([], [begin])


@given(st.integers(1, 2_000), st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_pieces_of_known_length_wait_no_longer_than_they_must(piece: int, counts: list[int]):
    framer, first = Framer(piece), 0
    assert framer.delay_samples < FRAME_SAMPLES
    for count in counts:
        assert len(framer.feed(first, bytes(count * piece * SAMPLE), same)) == count * piece * SAMPLE
        first += count * piece


def test_our_blocks_come_eight_milliseconds_late():
    framer = Framer(pcm.BLOCK_SAMPLES)
    assert framer.delay_samples * 1_000 / pcm.RATE_HZ == 8


def test_a_piece_that_was_not_promised_is_refused():
    with pytest.raises(ValueError, match="a piece of 2 bytes"):
        Framer(FRAME_SAMPLES).feed(0, bytes(SAMPLE), same)
