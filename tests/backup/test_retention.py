"""Which snapshots stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from appliance.backup.retention import DAY, TOLERANCE, Keep, is_due, kept

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MANY = st.sets(TIMES, max_size=60)
NEAR = st.sets(st.integers(0, 400 * 24).map(lambda hours: NOW - timedelta(hours=hours)), max_size=80)
KEEPS = st.builds(Keep, st.integers(1, 10), st.integers(0, 8), st.integers(0, 12))


def test_a_year_of_days() -> None:
    days = [NOW - n * DAY for n in range(365)]
    stay = sorted(kept(days, NOW, Keep()), reverse=True)
    assert stay[:7] == days[:7]
    assert [f"{time:%m-%d}" for time in stay[7:]] == [
        "11-08",
        "11-01",
        "10-31",
        "09-30",
        "08-31",
        "07-31",
        "06-30",
    ]


@given(MANY | NEAR, TIMES, KEEPS)
def test_bounded_and_settled(times: set[datetime], now: datetime, keep: Keep) -> None:
    stay = kept(times, now, keep)
    assert stay <= times
    assert len(stay) <= 2 * (keep.daily + keep.weekly + keep.monthly)
    assert kept(stay, now, keep) == stay


@given(NEAR | MANY, TIMES, KEEPS)
def test_the_newest_of_the_past_stays(times: set[datetime], now: datetime, keep: Keep) -> None:
    past = {time for time in times if time <= now + TOLERANCE}
    assert not past or max(past) in kept(times, now, keep)


@given(NEAR, KEEPS)
def test_the_newest_of_each_of_the_last_days_stays(times: set[datetime], keep: Keep) -> None:
    stay = kept(times, NOW, keep)
    days = sorted({time.date() for time in times}, reverse=True)[: keep.daily]
    assert {max(time for time in times if time.date() == day) for day in days} <= stay


@given(NEAR, st.sets(TIMES.filter(lambda time: time > NOW + DAY), max_size=20), KEEPS)
def test_a_clock_that_was_in_the_future_pushes_nothing_out(
    times: set[datetime], future: set[datetime], keep: Keep
) -> None:
    assert kept(times, NOW, keep) <= kept(times | future, NOW, keep)


@given(NEAR, KEEPS)
def test_a_clock_that_starts_in_1970_loses_nothing_more(times: set[datetime], keep: Keep) -> None:
    settled = kept(times, NOW, keep)
    wrong = datetime(1970, 1, 1, tzinfo=UTC)
    assert kept(settled | {wrong}, wrong, keep) == settled | {wrong}
    assert is_due(settled, wrong)


def test_due() -> None:
    assert is_due([], NOW)
    assert not is_due([NOW - timedelta(hours=3)], NOW)
    assert is_due([NOW - DAY], NOW)
    assert is_due([NOW + 400 * DAY], NOW)
    assert not is_due([NOW + timedelta(minutes=1)], NOW)
