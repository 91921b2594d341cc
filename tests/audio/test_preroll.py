from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.audio.preroll import Preroll

BLOCK = bytes(pcm.BLOCK_BYTES)


def filled(max_ms: int, blocks: int, from_ms: int = 0) -> Preroll:
    preroll = Preroll(max_ms)
    for number in range(blocks):
        preroll.add(from_ms + number * pcm.BLOCK_MS, bytes([number % 256, 0]) * pcm.BLOCK_SAMPLES)
    return preroll


def test_it_keeps_the_last_moments_in_order() -> None:
    preroll = filled(max_ms=96, blocks=10)
    assert [at_ms for at_ms, _ in preroll.since(0)] == [224, 256, 288]
    assert preroll.from_ms == 224
    assert preroll.joined() == b"".join(block for _, block in preroll.since(0))
    assert [block[0] for _, block in preroll.since(0)] == [7, 8, 9]


@pytest.mark.parametrize(
    ("at_ms", "starts"),
    [
        (-100, [0, 32, 64]),
        (0, [0, 32, 64]),
        (31, [0, 32, 64]),
        (32, [32, 64]),
        (95, [64]),
        (96, []),
        (5_000, []),
    ],
)
def test_since_gives_whole_blocks_that_end_later(at_ms: int, starts: list[int]) -> None:
    assert [start for start, _ in filled(1_000, 3).since(at_ms)] == starts


def test_a_clock_that_jumps_back_starts_over() -> None:
    preroll = filled(1_000, 10, from_ms=50_000)
    preroll.add(0, BLOCK)
    assert preroll.since(-1) == [(0, BLOCK)]


def test_a_gap_makes_old_blocks_stale() -> None:
    preroll = filled(1_000, 3)
    preroll.add(10_000, BLOCK)
    assert preroll.since(0) == [(10_000, BLOCK)]


def test_a_block_longer_than_the_ring_keeps_its_end() -> None:
    preroll = Preroll(100)
    preroll.add(0, bytes(1_000 * pcm.BYTES_PER_MS - 4) + b"\1\2\3\4")
    assert preroll.from_ms == 900
    assert preroll.joined().endswith(b"\1\2\3\4")
    assert len(preroll.joined()) <= 100 * pcm.BYTES_PER_MS


def test_nothing_is_kept_when_nothing_may_be() -> None:
    preroll = filled(0, 5)
    assert preroll.since(0) == []
    assert preroll.from_ms == 5 * pcm.BLOCK_MS


def test_clear_forgets() -> None:
    preroll = filled(1_000, 5)
    preroll.clear()
    assert preroll.joined() == b""


BLOCKS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 3_000)), max_size=60)


@given(blocks=BLOCKS, max_ms=st.integers(0, 2_000))
def test_it_is_bounded_and_ordered_whatever_comes(blocks: list[tuple[int, int]], max_ms: int) -> None:
    preroll = Preroll(max_ms)
    for at_ms, samples in blocks:
        preroll.add(at_ms, bytes(2 * samples))
        kept = preroll.since(-1)
        assert len(preroll.joined()) <= max_ms * pcm.BYTES_PER_MS
        assert len(kept) <= len(blocks)
        assert [start for start, _ in kept] == sorted(start for start, _ in kept)
        assert all(len(block) % pcm.SAMPLE_BYTES == 0 for _, block in kept)


def test_many_tiny_blocks_at_one_time_do_not_pile_up() -> None:
    preroll = Preroll(100)
    for _ in range(100_000):
        preroll.add(0, b"\0\0")
    assert len(preroll.joined()) <= 100 * pcm.BYTES_PER_MS
