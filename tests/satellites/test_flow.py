"""Rate limits and fault counters of satellites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.satellites.flow import BURST_SECONDS, MAX_KINDS, MAX_NAMES, OTHER, Faults, Pace, RateLimiter

RATE, BYTES = 100, 50_000


def limiter() -> RateLimiter:
    return RateLimiter(RATE, BYTES, now=0.0)


@pytest.mark.parametrize(
    ("size", "every_seconds", "expected"),
    [
        (960, 0.030, True),
        (3_200, 0.1, True),
        (10, 1 / RATE, True),
        (10, 1 / (2 * RATE), False),
        (5_000, 0.05, False),
        (int(BYTES * BURST_SECONDS) + 1, 10.0, False),
    ],
)
def test_a_steady_sender_is_heard_for_ever_and_a_fast_one_is_not(
    size: int, every_seconds: float, expected: bool
) -> None:
    limit = limiter()
    heard = [limit.admit(size, step * every_seconds) for step in range(2_000)]
    assert all(heard) is expected
    assert limit.dropped == heard.count(False)
    assert limit.dropped_bytes == size * limit.dropped


def test_two_seconds_may_come_at_once_but_not_more() -> None:
    limit = limiter()
    paces = [limit.weigh(10, 0.0) for _ in range(int(RATE * BURST_SECONDS) + 2)]
    assert set(paces[:-2]) == {Pace.STEADY}
    assert paces[-2:] == [Pace.TOO_FAST, Pace.STILL_TOO_FAST]


def test_a_flood_stays_refused_until_it_ends() -> None:
    limit = limiter()
    paces = [limit.weigh(10, step / (3 * RATE)) for step in range(30 * RATE)]
    assert paces.count(Pace.TOO_FAST) == 1
    assert Pace.SLOWED_DOWN not in paces
    end = 30 * RATE / (3 * RATE)
    assert limit.weigh(10, end + BURST_SECONDS) is Pace.SLOWED_DOWN
    assert limit.weigh(10, end + BURST_SECONDS + 0.01) is Pace.STEADY


def test_the_clock_may_stand_still_or_step_back() -> None:
    limit = limiter()
    assert limit.admit(1, 5.0)
    for _ in range(10 * RATE):
        limit.weigh(1, 4.0)
    assert limit.too_fast


@given(st.lists(st.tuples(st.integers(0, 300_000), st.floats(0, 3)), max_size=300))
def test_no_more_is_admitted_than_the_rate_and_the_burst_allow(sent: list[tuple[int, float]]) -> None:
    limit, now, admitted, size = limiter(), 0.0, 0, 0
    for amount, pause in sent:
        now += pause
        if limit.admit(amount, now):
            admitted, size = admitted + 1, size + amount
    assert admitted <= RATE * (now + BURST_SECONDS) + 1e-6
    assert size <= BYTES * (now + BURST_SECONDS) + 1e-3
    assert limit.dropped == len(sent) - admitted


def test_each_kind_is_logged_once_a_satellite_and_always_counted() -> None:
    said: list[tuple[object, ...]] = []
    faults = Faults(lambda *words: said.append(words))
    for name in ("kitchen", "hall", "kitchen"):
        for kind in ("malformed", "unknown topic"):
            faults.count(name, kind, "x" * 1_000)
    assert faults.counts() == {"malformed": 3, "unknown topic": 3}
    assert faults.of("kitchen") == {"malformed": 2, "unknown topic": 2}
    assert [(words[1], words[2]) for words in said] == [
        (name, kind) for name in ("kitchen", "hall") for kind in ("malformed", "unknown topic")
    ]
    assert all(len(str(words[3])) <= 200 for words in said)
    faults.forget("hall")
    assert faults.of("hall") == {}
    assert faults.count("hall", "malformed")


def test_kinds_and_names_are_bounded() -> None:
    said: list[object] = []
    faults = Faults(lambda *words: said.append(words))
    for number in range(3 * MAX_KINDS):
        faults.count("kitchen", f"kind {number}")
    assert len(faults.counts()) == MAX_KINDS + 1
    assert faults.counts()[OTHER] == 2 * MAX_KINDS
    for number in range(2 * MAX_NAMES):
        faults.count(f"name {number}", "malformed")
    assert len(said) == MAX_KINDS + 1 + MAX_NAMES - 1
