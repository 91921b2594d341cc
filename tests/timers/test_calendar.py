"""Local times: the next occurrence, repetition, and the two nights a year when clocks change."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.timers import calendar
from appliance.timers.calendar import When
from appliance.timers.model import TimerError

SATURDAY_13 = dt.datetime(2026, 11, 21, 13, 0)  # noqa: DTZ001 - local time on purpose
RESOLVED = [
    (When(7, clock12=True), "2026-11-21T19:00"),
    (When(7), "2026-11-22T07:00"),
    (When(2, clock12=True), "2026-11-21T14:00"),
    (When(1, clock12=True), "2026-11-22T01:00"),
    (When(7, 30, "am"), "2026-11-22T07:30"),
    (When(12, 0, "am"), "2026-11-22T00:00"),
    (When(12, 0, "pm"), "2026-11-22T12:00"),
    (When(7, clock12=True, in_days=1), "2026-11-22T07:00"),
    (When(3, clock12=True, in_days=1), "2026-11-22T15:00"),
    (When(7, 0, "pm", in_days=0), "2026-11-21T19:00"),
    (When(7, 0, "am", in_days=0), None),
    (When(9, clock12=True, weekday=5), "2026-11-28T09:00"),
    (When(9, clock12=True, days=(0, 1, 2, 3, 4)), "2026-11-23T09:00"),
    (When(22, days=(5, 6)), "2026-11-21T22:00"),
]


@pytest.mark.parametrize(("when", "at"), RESOLVED)
def test_what_is_meant(when: When, at: str | None) -> None:
    moment = calendar.resolve(when, SATURDAY_13)
    assert (calendar.written(moment) if moment else None) == at


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2026-03-28T07:00", "2026-03-28T06:00"),
        ("2026-03-29T07:00", "2026-03-29T05:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30"),  # does not exist: half an hour after the jump
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # the first of two
        ("2026-10-25T07:00", "2026-10-25T06:00"),
    ],
)
def test_daylight_saving(at: str, utc: str) -> None:
    expected = dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC).timestamp()
    assert calendar.epoch(at, "Europe/Berlin") == expected


@given(
    days=st.sets(st.integers(0, 6), min_size=1),
    after=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1)),  # noqa: DTZ001
)
def test_a_repetition_comes_within_a_week(days: set[int], after: dt.datetime) -> None:
    following = calendar.parse(calendar.following("2019-01-01T07:15", days, after))
    assert dt.timedelta(0) < following - after <= dt.timedelta(days=7, minutes=1)
    assert following.weekday() in days
    assert (following.hour, following.minute) == (7, 15)


@pytest.mark.parametrize("name", ["", "Nowhere/Else", "../../etc/passwd", "a\0b"])
def test_a_zone_that_does_not_exist(name: str) -> None:
    with pytest.raises(TimerError, match="time zone"):
        calendar.zone(name)


def test_a_local_time_that_is_none() -> None:
    with pytest.raises(TimerError):
        calendar.parse("soon")
