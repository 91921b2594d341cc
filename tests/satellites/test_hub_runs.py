"""Runs of satellites and turns of the pipeline."""

from __future__ import annotations

from appliance.satellites.hub_runs import CALL, MAX_REMEMBERED, Runs
from appliance.satellites.protocol import HUB_RUN


def test_a_turn_that_begins_while_a_run_is_claimed_is_that_run() -> None:
    runs = Runs()
    with runs.claiming(7):
        assert runs.run_of(100) == 7
        assert runs.run_of(101) == HUB_RUN | 101, "one claim, one turn"
    assert runs.run_of(100) == 7
    assert runs.is_run_of(7, 100)
    assert not runs.is_run_of(7, 101)
    assert not runs.is_run_of(7, 0)


def test_a_claim_that_came_to_nothing_is_forgotten() -> None:
    runs = Runs()
    with runs.claiming(7):
        pass
    assert runs.run_of(100) == HUB_RUN | 100


def test_runs_of_the_hub_never_look_like_a_call_and_old_ones_are_forgotten() -> None:
    runs = Runs()
    for turn in range(1, 5 * MAX_REMEMBERED):
        assert HUB_RUN < runs.run_of(turn) < CALL
    assert not runs.known(1)
    assert runs.known(5 * MAX_REMEMBERED - 1)
    assert runs.run_of(2**40 + 3) == HUB_RUN | 3
