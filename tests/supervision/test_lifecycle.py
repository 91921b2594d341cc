from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Supervision
from appliance.supervision.lifecycle import History, after_failure, after_missing, after_ready

POLICY = Supervision()
chances = st.floats(0.0, 1.0)


def fail(times: list[float], chance: float = 0.0) -> tuple[History, list[float]]:
    history, pauses = History(), []
    for at in times:
        history, pause = after_failure(POLICY, history, at, chance)
        pauses.append(pause)
    return history, pauses


def test_pauses_double_from_almost_nothing_and_then_a_storm_is_slow() -> None:
    _, pauses = fail([float(at) for at in range(8)])
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 30.0, 30.0, 30.0]


def test_rare_failures_restart_at_once_each_time() -> None:
    _, pauses = fail([at * 100.0 for at in range(20)])
    assert set(pauses) == {0.05}


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=60), chances)
def test_there_is_always_a_next_try_and_it_is_bounded(times: list[float], chance: float) -> None:
    history, pauses = fail(sorted(times), chance)
    assert all(0.0 < pause <= POLICY.slow_retry_seconds for pause in pauses)
    assert history.failures == len(times)
    assert len(history.failed_at) <= POLICY.burst_restarts + 1


@given(chances, chances)
def test_jitter_only_shortens_and_spreads(one: float, other: float) -> None:
    first, second = fail([0.0], one)[1][0], fail([0.0], other)[1][0]
    assert 0.025 <= first <= 0.05
    assert (first < second) == (1.0 - 0.5 * one < 1.0 - 0.5 * other) or first == second


def test_a_storm_stays_slow_although_slow_retries_leave_the_window() -> None:
    history, _ = fail([float(at) for at in range(6)])
    assert history.slow
    for at in range(100, 1_000, 60):
        history, pause = after_failure(POLICY, history, float(at), 0.0)
        assert pause == POLICY.slow_retry_seconds


def test_a_generation_that_stays_ready_forgives() -> None:
    history, _ = fail([float(at) for at in range(6)])
    assert after_ready(POLICY, history, POLICY.burst_seconds - 0.1) == history
    forgiven = after_ready(POLICY, history, POLICY.burst_seconds)
    assert (forgiven.slow, forgiven.failed_at, forgiven.failures) == (False, (), 6)
    assert after_failure(POLICY, forgiven, 100.0, 0.0)[1] == 0.05


@given(chances)
def test_a_missing_piece_is_no_failure(chance: float) -> None:
    history, pause = after_missing(POLICY, History(), chance)
    assert (history.failures, history.missing, history.failed_at) == (0, 1, ())
    assert 0.9 * POLICY.missing_retry_seconds <= pause <= POLICY.missing_retry_seconds


def test_an_absurd_policy_does_not_overflow() -> None:
    policy = Supervision(burst_restarts=100_000, burst_seconds=86_400.0, backoff_max_seconds=86_400.0)
    history = History(failed_at=tuple(float(at) for at in range(5_000)))
    assert after_failure(policy, history, 5_000.0, 0.0)[1] == 86_400.0
