"""A day of figures: bounded, with gaps where nothing was known, and right when the clock is set."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from appliance.observe.dayring import KEPT_STEPS, STEP_SECONDS, DayRing, Figure, thinned

WALL = 1_700_000_040.0


def filled(values: dict[int, float | None], **limits: int) -> DayRing:
    """Minute → load."""
    ring = DayRing(**limits)
    for minute, value in values.items():
        ring.put({"load": Figure(value, "")}, minute * STEP_SECONDS)
    return ring


def test_nothing_yet_is_an_empty_day() -> None:
    assert DayRing().day(5.0, WALL).series == {}


def test_each_minute_has_a_place_and_what_was_missed_is_a_gap() -> None:
    day = filled({10: 0.5, 11: 0.75, 13: 2.0}).day(13 * STEP_SECONDS, WALL)
    assert day.series["load"].values == [0.5, 0.75, None, 2.0]
    assert (day.step_seconds, day.begins) == (60, int(WALL) - 180)


def test_only_the_last_day_is_kept() -> None:
    ring = filled({minute: float(minute) for minute in range(3 * KEPT_STEPS)})
    values = ring.day(3 * KEPT_STEPS * 60.0, WALL).series["load"].values
    assert len(values) == KEPT_STEPS
    assert values[-1] == float(f"{3 * KEPT_STEPS - 1:.4g}")


def test_a_clock_that_is_set_moves_the_whole_day() -> None:
    ring = filled({10: 0.5, 11: 0.75})
    before, after = (ring.day(11 * 60.0, wall) for wall in (WALL, WALL + 86_400 * 365))
    assert after.begins - before.begins == 86_400 * 365
    assert after.series == before.series


def test_who_was_asleep_for_days_begins_anew() -> None:
    ring = filled({1: 1.0, 2: 2.0, 1 + 5 * KEPT_STEPS: 3.0})
    assert ring.day((1 + 5 * KEPT_STEPS) * 60.0, WALL).series["load"].values == [3.0]


def test_a_stage_that_is_gone_for_a_day_leaves() -> None:
    ring = filled({}, kept=5)
    ring.put({"memory_mb.llm": Figure(900.0, "MB"), "load": Figure(1.0, "")}, 0.0)
    for minute in range(1, 5):
        ring.put({"load": Figure(1.0, "")}, minute * 60.0)
    assert set(ring.day(240.0, WALL).series) == {"load", "memory_mb.llm"}
    ring.put({"load": Figure(1.0, "")}, 300.0)
    assert set(ring.day(300.0, WALL).series) == {"load"}


def test_there_is_an_end_to_the_number_of_series() -> None:
    ring = DayRing(max_series=3)
    ring.put({f"memory_mb.{number}": Figure(1.0, "MB") for number in range(100)}, 0.0)
    assert len(ring.day(0.0, WALL).series) == 3


def test_the_second_value_of_a_minute_takes_the_place_of_the_first() -> None:
    ring = filled({7: 1.0})
    ring.put({"load": Figure(3.0, "")}, 7 * 60.0 + 59)
    assert ring.day(480.0, WALL).series["load"].values == [3.0]


@given(values=st.lists(st.floats(0, 1e6) | st.just(float("nan")), max_size=50), every=st.integers(1, 60))
def test_thinned_values_are_means_of_what_is_known(values: list[float], every: int) -> None:
    found = thinned(values, every)
    assert len(found) == -(-len(values) // every)
    for at, value in enumerate(found):
        known = [each for each in values[at * every : (at + 1) * every] if math.isfinite(each)]
        assert (value is None) == (not known)
        if value is not None:
            assert min(known) * 0.999 <= value <= max(known) * 1.001
