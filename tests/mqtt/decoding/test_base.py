"""Numbers and ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt.decoding import base


@given(st.integers(0, 100), st.integers(-300, 300), st.integers(-300, 300))
def test_percents_survive_a_devices_range_as_far_as_it_has_steps(percent, closed, opened):
    if abs(opened - closed) < 100:
        return
    low, high = base.ends({"position_closed": closed, "position_open": opened})
    back = base.to_percent(base.from_percent(percent, low, high), low, high)
    assert abs(back - percent) <= 1


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1.5", 1.5),
        (2, 2.0),
        (True, None),
        ("nan", None),
        ("1e999", None),
        (None, None),
        ([], None),
        (10**400, None),
    ],
)
def test_numbers(value, number):
    assert base.number_of(value) == number


@given(st.text() | st.binary().map(repr))
def test_no_table_raises(text):
    assert isinstance(base.json_table(text), dict | None)


def test_small_things():
    assert (base.compact(2.0), base.compact(2.5)) == (2, 2.5)
    assert base.option_number({"a": "x"}, "a", 3) == 3
    assert base.to_percent(5, 1, 0) == 0
