from __future__ import annotations

import pytest

from appliance.ears import sharing
from appliance.ears.sharing import States
from appliance.errors import UnderstandingError


def test_equal_states_are_one() -> None:
    states = States()
    end = states.add((), final=0.0)
    one = states.add(((1, 0, 0.5, end), (2, 0, 0.5, end)), stay=7, stay_cost=0.1)
    assert states.add(((2, 0, 0.5, end), (1, 0, 0.5, end), (1, 0, 0.5, end)), stay=7, stay_cost=0.1) == one
    graph = states.graph(one)
    assert sorted(graph.arcs[one]) == [(1, 0, 0.5, end), (2, 0, 0.5, end), (7, 0, 0.1, one)]
    assert graph.finals == {end: 0.0}
    assert graph.arc_count == 3


def test_states_that_differ_stay_apart() -> None:
    states = States()
    end = states.add((), final=0.0)
    numbers = [
        states.add((), stay=7),
        states.add((), stay=8),
        states.add((), stay=7, final=2.0),
        states.add((), stay=7, final=3.0),
        states.add(((1, 0, 0.0, end),), stay=7),
        states.add(((1, 2, 0.0, end),), stay=7),
        states.add(((1, 0, 0.5, end),), stay=7),
    ]
    assert len({end, *numbers}) == 8


def test_a_state_of_its_own_is_never_shared() -> None:
    states = States()
    assert states.fresh() != states.fresh()


def test_a_graph_has_a_bound() -> None:
    states = States(max_arcs=2)
    one = states.fresh(((1, 1, 0.0, 0), (2, 2, 0.0, 0)))
    with pytest.raises(UnderstandingError, match="too many"):
        states.lead(one, (3, 3, 0.0, 0))
    assert sharing.MAX_ARCS * 16 < 32_000_000
