"""Choices as people say them."""

from __future__ import annotations

from appliance.home.actions import table
from tests.home.planning import entity

SELECT = entity("select", options=["Eco", "deep_sleep", "eco"])


def test_choices_are_found_whatever_their_capitals():
    assert [table.chosen(SELECT, "options", wish) for wish in ("eco", "ECO", "Deep Sleep", "x")] == [
        "eco",
        "Eco",
        "deep_sleep",
        None,
    ]


def test_what_is_no_choice_is_said_with_what_there_is():
    assert table.no_choice("mode", "x", ("a", "b")).reason == "does not know a mode of 'x', but a, b"
    assert table.no_choice("mode", "x", ()).reason == "has no modes"
    assert table.number_attribute(SELECT, "options", 5) == 5
