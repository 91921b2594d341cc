"""The binary header of audio."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Malformed
from appliance.satellites.protocol_audio import (
    CLOCK_MS,
    HEADER,
    SEQUENCES,
    Chunk,
    Sequence,
    decode_chunk,
    encode_chunk,
    unwrap,
)

EXAMPLE = bytes.fromhex("0101000007000000e8030000803e0000") + b"\x01\x02"


def test_the_example_of_the_documentation() -> None:
    chunk = Chunk(7, 0, 1_000, b"\x01\x02", 16_000, first=True)
    assert encode_chunk(chunk) == EXAMPLE
    assert decode_chunk(EXAMPLE) == chunk


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        EXAMPLE[:15],
        EXAMPLE + b"\x00",
        b"\x02" + EXAMPLE[1:],
        b"\x00" + EXAMPLE[1:],
        EXAMPLE[:12] + b"\x00\x00\x00\x00",
        EXAMPLE[:12] + b"\xff\xff\xff\xff",
        EXAMPLE[:16] + bytes(20_000),
    ],
)
def test_what_is_no_audio_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        decode_chunk(payload, 16_384)


def test_unknown_flags_are_ignored() -> None:
    chunk = decode_chunk(b"\x01\xfe" + EXAMPLE[2:])
    assert (chunk.first, chunk.last) == (False, True)


def test_a_header_alone_is_enough() -> None:
    assert decode_chunk(EXAMPLE[: HEADER.size]).pcm == b""


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(0, SEQUENCES - 1))
def test_each_chunk_is_taken_once_and_gaps_are_counted(jumps: list[int], start: int) -> None:
    sequence, number = Sequence(), start
    assert sequence.accept(Chunk(1, start, 0, b"", first=True))
    for jump in jumps:
        number += jump
        taken = sequence.accept(Chunk(1, number % SEQUENCES, 0, b""))
        assert taken == (jump > 0), "the same again is a double"
    assert sequence.lost == sum(jump - 1 for jump in jumps if jump)


def test_a_first_chunk_begins_anew() -> None:
    sequence = Sequence()
    assert sequence.accept(Chunk(1, 500, 0, b"", first=True))
    assert not sequence.accept(Chunk(1, 499, 0, b""))
    assert sequence.accept(Chunk(2, 0, 0, b"", first=True))
    assert sequence.lost == 0


@given(st.integers(CLOCK_MS, 2**50), st.integers(-(2**30), 2**30))
def test_the_audio_clock_may_wrap(before: int, step: int) -> None:
    assert unwrap(before, (before + step) % CLOCK_MS) == before + step
