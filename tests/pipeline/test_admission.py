"""As many streams as fit, none too many, and the newest go first when the machine falls behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pipeline.admission import FIRST_GUESS, HOLD_SECONDS, LATE_MS, Admission
from appliance.wire.messages import WakeLoad


def full(admission: Admission, now: float = 0.0) -> int:
    """Open as many as are let in; how many that were."""
    count = 0
    while not admission.may_open(now):
        count += 1
        admission.opened(count)
        assert count < 10_000
    return count


@pytest.mark.parametrize(
    ("cost", "limit", "wanted"),
    [(0.026, 0, 29), (0.026, 5, 5), (0.1, 0, 7), (0.5, 0, 0), (2.0, 0, 0), (0.002, 0, 399)],
)
def test_so_many_fit(cost: float, limit: int, wanted: int) -> None:
    admission = Admission(limit)
    admission.load(WakeLoad(0, 0.0, 0, cost), 0.0)
    assert full(admission) == wanted
    assert admission.may_open(0.0)


def test_before_anything_was_measured_it_is_careful() -> None:
    assert full(Admission(0)) == int(0.8 / FIRST_GUESS) - 1


def test_when_a_stream_costs_more_than_thought_the_newest_go() -> None:
    admission = Admission(0)
    count = full(admission)
    shed = admission.load(WakeLoad(count, 0.9, 0, 0.1), 1.0)
    assert shed == tuple(range(count, 7, -1))
    assert "7 satellites" in admission.reason


def test_one_hiccup_costs_nobody_but_staying_late_does() -> None:
    admission = Admission(0)
    full(admission)
    late = WakeLoad(10, 0.5, LATE_MS + 1, FIRST_GUESS)
    assert admission.load(late, 1.0) == ()
    assert admission.load(WakeLoad(10, 0.5, 0, FIRST_GUESS), 2.0) == ()
    assert admission.load(late, 3.0) == ()
    shed = admission.load(late, 4.0)
    assert shed
    for stream in shed:
        admission.closed(stream)
    assert admission.may_open(5.0), "not at once again"
    assert not admission.may_open(4.0 + HOLD_SECONDS)


def test_blocks_that_were_dropped_are_being_late() -> None:
    admission = Admission(0)
    full(admission)
    dropped = WakeLoad(10, 0.5, 0, FIRST_GUESS, dropped=3)
    admission.load(dropped, 1.0)
    assert admission.load(dropped, 2.0)


def test_a_place_that_leaves_makes_room() -> None:
    admission = Admission(2)
    admission.opened(1)
    admission.opened(2)
    assert "satellites.wake_streams" in admission.may_open(0.0)
    admission.closed(1)
    assert not admission.may_open(0.0)
    admission.closed(77)


def test_a_fresh_stage_knows_nobody() -> None:
    admission = Admission(1)
    admission.opened(1)
    admission.restarted()
    assert not admission.may_open(0.0)


REPORTS = st.lists(
    st.builds(
        WakeLoad,
        st.integers(0, 300),
        st.floats(0, 1),
        st.integers(0, 5_000),
        st.floats(0.0005, 3.0),
        st.integers(0, 50),
    ),
    max_size=30,
)


@given(REPORTS, st.integers(0, 20))
def test_never_more_than_fit_for_long(reports: list[WakeLoad], limit: int) -> None:
    admission = Admission(limit)
    opened: list[int] = []
    for number, report in enumerate(reports):
        now = float(number)
        for stream in admission.load(report, now):
            assert stream in opened
            opened.remove(stream)
            admission.closed(stream)
        assert len(opened) <= max(admission.capacity, 0)
        if not admission.may_open(now):
            opened.append(number + 1)
            admission.opened(number + 1)
        assert not limit or len(opened) <= limit
