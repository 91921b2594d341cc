"""Two streams on one time scale."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.audio.capture import MILLISECOND_NS, SECOND_NS
from appliance.audio.timeline import (
    DRIFT_SAMPLES,
    JUMP_SAMPLES,
    KEPT_SAMPLES,
    MAX_LEAD_SAMPLES,
    SAMPLES_PER_MS,
    SMOOTHING_BLOCKS,
    Origin,
    Played,
    lead,
    place,
)

SAMPLE = pcm.SAMPLE_BYTES
BLOCK = pcm.BLOCK_SAMPLES
NS_PER_SAMPLE = SECOND_NS // pcm.RATE_HZ
START_NS = 10**15


def when(sample: int, off_ms: float = 0.0, ppm: float = 0.0) -> int:
    """When this sample of a card whose clock is off is told to be."""
    return START_NS + round(sample * NS_PER_SAMPLE * (1 + ppm / 1e6) + off_ms * MILLISECOND_NS)


@given(st.lists(st.floats(-15, 15), min_size=1, max_size=300))
def test_late_callbacks_move_nothing(jitters_ms: list[float]):
    origin = Origin()
    first = origin.follow(0, when(0))
    places = {origin.follow(n * BLOCK, when(n * BLOCK, off)) for n, off in enumerate(jitters_ms, 1)}
    assert places == {first}


@given(st.floats(-200, 200))
def test_cards_that_drift_are_followed_in_rare_steps(ppm: float):
    origin = Origin()
    places = [origin.follow(n * BLOCK, when(n * BLOCK, 0, ppm)) for n in range(40_000)]
    last = 39_999 * BLOCK
    # Smoothing lags behind a steady drift by a constant.
    lag = abs(ppm) / 1e6 * BLOCK * SMOOTHING_BLOCKS
    assert abs(places[-1] + last - place(when(last, 0, ppm))) <= DRIFT_SAMPLES + lag + 2
    assert len(set(places)) <= 2 + abs(ppm) / 1e6 * last / DRIFT_SAMPLES


@given(st.integers(JUMP_SAMPLES + 2, 10**9), st.booleans())
def test_a_gap_is_believed_at_once(gap: int, later: bool):
    origin = Origin()
    before = origin.follow(0, when(0))
    gap = gap if later else -gap
    assert abs(origin.follow(BLOCK, when(BLOCK + gap)) - before - gap) <= 1


@given(st.integers(-SECOND_NS, 5 * SECOND_NS))
def test_sound_is_shown_early_but_never_before_it_is_known(ahead_ns: int):
    early = lead(ahead_ns)
    assert 0 <= early <= MAX_LEAD_SAMPLES
    assert early == 0 or early <= place(ahead_ns)


def test_what_a_card_usually_allows_is_all_of_the_lead():
    assert lead(80 * MILLISECOND_NS) == MAX_LEAD_SAMPLES == 40 * SAMPLES_PER_MS
    assert lead(0) == 0


@given(
    st.integers(0, 10**12),
    st.lists(st.tuples(st.integers(-2_000, 2_000), st.integers(0, 3_000)), max_size=20),
    st.integers(-5_000, 5_000),
    st.integers(0, 1_000),
)
def test_what_was_played_is_where_it_was_put_last(
    start: int, pieces: list[tuple[int, int]], where: int, count: int
):
    played, model, first = Played(), dict[int, bytes](), start
    for gap, samples in pieces:
        first += gap
        piece = os.urandom(samples * SAMPLE)
        played.put(first, piece)
        model = {at: value for at, value in model.items() if at < first}
        model |= {first + n: piece[n * SAMPLE : (n + 1) * SAMPLE] for n in range(samples)}
        first += samples
        kept = KEPT_SAMPLES * SAMPLE
        assert len(played._kept) <= kept
    end = max(model, default=start) + 1
    begin = max(end + where, end - 5_000)
    found = played.read(begin, count)
    assert found == b"".join(model.get(begin + n, bytes(SAMPLE)) for n in range(count))


def test_memory_is_bounded_however_long_it_plays():
    played = Played()
    for second in range(60):
        played.put(second * pcm.RATE_HZ, b"\1\1" * pcm.RATE_HZ)
    assert len(played._kept) == KEPT_SAMPLES * SAMPLE
    assert played.read(59 * pcm.RATE_HZ, 2) == b"\1\1\1\1"
    played.put(10**12, b"\2\2")
    assert len(played._kept) == SAMPLE


def test_what_was_cut_off_is_silence():
    played = Played()
    played.put(100, b"\1\1" * 50)
    played.cut(120)
    assert played.read(118, 4) == b"\1\1\1\1" + bytes(4)
    assert played.end == 120
    played.cut(50)
    assert played.read(100, 20) == bytes(40)
