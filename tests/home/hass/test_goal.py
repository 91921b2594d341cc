"""When a state says that what was wanted is so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.hass.goal import Goal, Near, Same, number_of
from appliance.home.hass.states import State


@pytest.mark.parametrize(
    ("goal", "state", "met"),
    [
        (Goal(frozenset({"on"})), State("on"), True),
        (Goal(frozenset({"on"})), State("off"), False),
        (Goal(), State("anything"), True),
        (Goal(), State("unavailable"), False),
        (Goal(), State("unknown"), False),
        (Goal(not_states=frozenset({"off"})), State("heat"), True),
        (Goal(not_states=frozenset({"off"})), State("off"), False),
        (Goal(attributes=(Near("brightness", 100, 3),)), State("on", {"brightness": 102}), True),
        (Goal(attributes=(Near("brightness", 100, 3),)), State("on", {"brightness": 104}), False),
        (Goal(attributes=(Near("brightness", 100, 3),)), State("on", {"brightness": None}), False),
        (Goal(attributes=(Near("brightness", 100, 3),)), State("on"), False),
        (Goal(attributes=(Same("preset_mode", ("eco",)),)), State("on", {"preset_mode": "eco"}), True),
        (Goal(attributes=(Same("preset_mode", ("eco",)),)), State("on", {"preset_mode": "boost"}), False),
        (Goal(attributes=(Near("p", 40, 2),), otherwise=frozenset({"opening"})), State("opening"), True),
        (Goal(number=20.0), State("20"), True),
        (Goal(number=20.0), State("20.5"), False),
        (Goal(number=20.0), State("warm"), False),
    ],
)
def test_met(goal: Goal, state: State, met: bool) -> None:
    assert goal.met(state) is met


@given(st.none() | st.booleans() | st.text() | st.integers() | st.floats() | st.lists(st.integers()))
def test_anything_is_a_number_or_none(value) -> None:
    number = number_of(value)
    assert number is None or -1e400 < number < 1e400


def test_what_is_no_number_is_none() -> None:
    for value in (True, "nan", "inf", 10**400, float("nan"), [1]):
        assert number_of(value) is None
