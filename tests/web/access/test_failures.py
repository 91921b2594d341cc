"""Wrong passphrases cost more and more waiting, and right ones nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access.failures import (
    FIRST_SECONDS,
    FORGET_SECONDS,
    FREE,
    IN_ALL,
    IN_ALL_SECONDS,
    LONGEST_SECONDS,
    MAX_ADDRESSES,
    Failures,
    Record,
    missed,
    wait_seconds,
)


@given(some.integers(0, 10_000))
def test_more_mistakes_never_wait_less(count: int) -> None:
    fewer, more = wait_seconds(Record(count, 0.0), 0.0), wait_seconds(Record(count + 1, 0.0), 0.0)
    assert 0 <= fewer <= more <= LONGEST_SECONDS
    assert (more > 0) == (count + 1 > FREE)


def test_after_the_free_ones_each_waits_twice_as_long() -> None:
    failures, now, waits = Failures(), 0.0, []
    for _ in range(FREE + 4):
        wait = failures.begin("a", now)
        if wait:
            waits.append(wait)
            now += wait
            assert failures.begin("a", now) == 0.0
    assert waits == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4 * FIRST_SECONDS][: len(waits)]
    assert len(waits) == 3


def test_others_are_not_held_up_by_one() -> None:
    failures = Failures()
    while failures.begin("bad", 0.0) == 0.0:
        pass
    assert failures.begin("good", 0.0) == 0.0


def test_a_hundred_at_once_are_no_hundred_tries() -> None:
    failures = Failures()
    assert [failures.begin("a", 0.0) for _ in range(100)].count(0.0) == FREE + 1


def test_from_everywhere_together_they_are_counted_too() -> None:
    failures = Failures()
    assert [failures.begin(str(each), 0.0) for each in range(200)].count(0.0) == IN_ALL
    assert failures.begin("new", 0.0) == IN_ALL_SECONDS
    assert failures.begin("new", IN_ALL_SECONDS) == 0.0


def test_a_right_one_is_forgotten() -> None:
    failures = Failures()
    for _ in range(500):
        assert failures.begin("a", 0.0) == 0.0
        failures.right("a")
    assert len(failures) == 0


@given(some.floats(0, 10 * FORGET_SECONDS))
def test_long_ago_is_forgotten(later: float) -> None:
    count = missed(Record(50, 0.0), later).count
    assert count == (51 if later < FORGET_SECONDS else 1)


def test_the_table_is_bounded() -> None:
    failures = Failures()
    for each in range(MAX_ADDRESSES + 100):
        failures.begin(str(each), each * IN_ALL_SECONDS)
    assert len(failures) == MAX_ADDRESSES
