"""Data of services: typed, in range, or refused in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.actions.fields import Field, checked, number, text
from appliance.home.actions.plans import Refusal

FIELDS = (
    number("level", 0, 10),
    Field("count", "whole", 0, 10),
    Field("on", "flag"),
    text("word"),
    Field("color", "numbers", 0, 255, 3),
    Field("more", "table"),
)


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        ({"level": 2.5, "word": None}, {"level": 2.5}),
        ({"count": 2.6}, {"count": 3}),
        ({"on": False, "word": "Tür"}, {"on": False, "word": "Tür"}),
        ({"color": [1, 2, 3], "transition": 5}, {"color": (1, 2, 3)}),
        ({"more": {"a": 1}}, {"more": {"a": 1}}),
    ],
)
def test_what_fits(data, clean):
    assert checked(data, FIELDS) == clean


@pytest.mark.parametrize(
    "data",
    [
        {"level": True}, {"level": math.nan}, {"level": -math.inf}, {"level": 11}, {"level": "5"},
        {"level": 10**400}, {"on": 1}, {"word": ""}, {"word": "x" * 256}, {"word": "a\nb"}, {"color": [1, 2]},
        {"color": [1, 2, True]}, {"color": "red"}, {"more": 5}, {"other": 1},
        {f"n{number}": 1 for number in range(17)},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(data):
    assert isinstance(checked(data, FIELDS), Refusal)


def test_what_is_needed_is_asked_for():
    assert checked({}, (text("mode", required=True),)) == Refusal("needs to know which mode")


@given(
    st.dictionaries(
        st.text(max_size=9) | st.sampled_from(["level", "count", "on", "word", "color"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.floats()),
    )
)
def test_nothing_raises(data):
    found = checked(data, FIELDS)
    assert isinstance(found, Refusal | dict)
