"""What a watch makes of the states that pass."""

from __future__ import annotations

import pytest

from appliance.home.hass.deed import Watch
from appliance.home.hass.goal import Goal
from appliance.home.hass.states import State

ON = Goal(frozenset({"on"}))


@pytest.mark.parametrize(
    ("before", "seen", "over"),
    [
        ("off", ["off"], False),
        ("off", ["on"], True),
        ("off", ["unavailable"], True),
        ("off", [None], True),
        ("on", [], False),
        ("on", ["on"], False),
        ("on", ["off", "on"], True),
    ],
)
def test_when_there_is_no_more_to_wait_for(before: str, seen: list, over: bool) -> None:
    watch = Watch(ON, State(before))
    for state in seen:
        watch.look(State(state) if state else None)
    assert watch.event.is_set() is over


def test_without_a_goal_only_the_answer_counts() -> None:
    watch = Watch(None, State("unknown"))
    watch.look(State("2026-01-01"))
    assert not watch.event.is_set()
    assert not watch.already


def test_a_lost_connection_ends_the_wait() -> None:
    watch = Watch(ON, State("off"))
    watch.lose()
    assert watch.event.is_set()
    assert watch.lost
