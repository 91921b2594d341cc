from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import tries
from appliance.firstboot.tries import Tries


def test_some_tries_are_free_then_each_costs_more() -> None:
    known, waits = Tries(), []
    for _ in range(12):
        known = tries.missed(known, 100.0, "boot")
        waits.append(tries.wait_seconds(known, 100.0, "boot"))
    assert waits[:5] == [0.0, 0.0, 0.0, 0.0, 10.0]
    assert waits[5:8] == [20.0, 40.0, 80.0]
    assert max(waits) == waits[-1] == tries.MAX_WAIT_SECONDS


def test_waiting_helps() -> None:
    known = Tries(wrong=6, last=100.0, boot="boot")
    assert tries.wait_seconds(known, 119.0, "boot") == 1.0
    assert tries.wait_seconds(known, 120.0, "boot") == 0.0


def test_a_restart_does_not_shorten_the_wait_below_its_length() -> None:
    known = Tries(wrong=6, last=5_000.0, boot="before")
    assert tries.wait_seconds(known, 3.0, "after") == 17.0


@given(st.integers(0, 10_000), st.floats(0, 1e9), st.floats(0, 1e9))
def test_nobody_waits_longer_than_the_longest(wrong: int, last: float, now: float) -> None:
    assert 0.0 <= tries.wait_seconds(Tries(wrong, last, "b"), now, "b") <= tries.MAX_WAIT_SECONDS
