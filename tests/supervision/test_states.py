from __future__ import annotations

import itertools

import pytest

from appliance.errors import SupervisionError
from appliance.supervision.states import ARCS, State, check

LEGAL = [
    "stopped>starting", "starting>ready", "starting>waiting", "starting>backoff", "starting>stopping",
    "ready>waiting", "ready>backoff", "ready>stopping", "waiting>starting", "waiting>stopped",
    "backoff>starting", "backoff>stopped", "stopping>stopped",
    "stopped>resting", "resting>starting", "resting>stopped",
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), itertools.product(State, State))
def test_exactly_these_arcs_exist(old: State, new: State) -> None:
    if f"{old.value}>{new.value}" in LEGAL:
        check("wake", old, new)
    else:
        with pytest.raises(SupervisionError, match=f"no arc from {old.value} to {new.value}"):
            check("wake", old, new)


def test_every_state_can_be_left_and_leads_to_stopped() -> None:
    for state in State:
        seen, todo = set(), [state]
        while todo:
            here = todo.pop()
            seen.add(here)
            todo += ARCS[here] - seen
        assert State.STOPPED in seen
        assert len(seen) > 1
