"""Token buckets against what they promise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access.rate import Bucket, Buckets, take

pauses = some.lists(some.floats(0, 120, allow_nan=False), max_size=200)


@given(pauses, some.integers(1, 600))
def test_never_more_than_the_burst_and_the_rate(between: list[float], per_minute: int) -> None:
    bucket: Bucket | None = None
    now, went = 0.0, 0
    for pause in between:
        now += pause
        bucket, wait = take(bucket, now, per_minute, per_minute / 60)
        went += wait == 0
        assert 0 <= bucket.level <= per_minute
    assert went <= per_minute + now * per_minute / 60 + 1e-6


@given(pauses, some.integers(1, 600))
def test_who_waits_as_told_may_go(between: list[float], per_minute: int) -> None:
    bucket: Bucket | None = None
    now = 0.0
    for pause in between:
        now += pause / 60
        bucket, wait = take(bucket, now, per_minute, per_minute / 60)
        if wait:
            now += wait + 1e-6
            bucket, wait = take(bucket, now, per_minute, per_minute / 60)
            assert wait == 0


@given(some.floats(0, 1e6), some.floats(0, 1e6))
def test_a_clock_that_goes_back_gives_nothing(first: float, second: float) -> None:
    bucket, _ = take(Bucket(0.5, first), second, 60, 1)
    assert bucket.level <= 0.5 + max(0.0, second - first)


def test_a_minute_of_requests_then_one_a_second() -> None:
    buckets = Buckets(60)
    assert [buckets.wait_seconds("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert buckets.wait_seconds("a", 0.0) == 1.0
    assert buckets.wait_seconds("b", 0.0) == 0.0
    assert buckets.wait_seconds("a", 1.0) == 0.0
    assert buckets.wait_seconds("a", 1.5) == 0.5


@given(some.lists(some.integers(0, 50), max_size=200))
def test_the_table_is_bounded_and_keeps_the_latest(who: list[int]) -> None:
    buckets = Buckets(1, at_most=8)
    for each in who:
        buckets.wait_seconds(str(each), 0.0)
        assert len(buckets) <= 8
        assert buckets.wait_seconds(str(each), 0.0) > 0
