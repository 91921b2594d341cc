"""Latencies of the last minutes, bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.observe.latency import LONGEST_MS, MAX_KEPT, MAX_TURNS, Latencies
from appliance.pipeline.trace import TurnNote


@given(st.lists(st.floats(0, LONGEST_MS), min_size=1, max_size=MAX_KEPT))
def test_percentiles_are_values_that_so_many_do_not_exceed(values: list[float]) -> None:
    found = Latencies()
    for value in values:
        found.add(value, 0.0)
    p95, p50 = found.percentile(95, 0.0), found.percentile(50, 0.0)
    assert p95 in values
    assert p50 is not None
    assert p95 is not None
    assert p50 <= p95
    assert sum(value <= p95 for value in values) >= 0.95 * len(values)
    assert found.last_ms == values[-1]


def test_old_ones_are_forgotten_but_the_last_is_known() -> None:
    found = Latencies(window_seconds=300)
    found.add(500, 0.0)
    assert found.percentile(95, 300.0) == 500
    assert found.percentile(95, 301.0) is None
    assert found.last_ms == 500


def test_from_the_end_of_speech_or_the_beginning_of_a_typed_turn() -> None:
    found = Latencies()
    found.take(TurnNote(1, "wake", 1_000), 0.0)
    assert found.take(TurnNote(1, "first_audio", 3_000, {"speech_end_ms": 2_400}), 0.0) == 600
    found.take(TurnNote(2, "intent", 5_000), 0.0)
    assert found.take(TurnNote(2, "first_audio", 5_300, {"speech_end_ms": 0}), 0.0) == 300


def test_nonsense_is_no_latency() -> None:
    found = Latencies()
    assert found.take(TurnNote(1, "first_audio", 100, {"speech_end_ms": 400}), 0.0) is None
    assert found.add(LONGEST_MS + 1, 0.0) is None
    assert found.percentile(95, 0.0) is None


def test_it_stays_small() -> None:
    found = Latencies()
    for turn in range(1, 5 * MAX_KEPT):
        found.take(TurnNote(turn, "wake", turn), 0.0)
        found.add(turn, 0.0)
    assert len(found._kept) == MAX_KEPT
    assert len(found._started) == MAX_TURNS
