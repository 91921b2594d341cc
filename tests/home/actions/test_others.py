"""Switches, robots, sirens, and what is pressed, chosen or written."""

from __future__ import annotations

import pytest

from appliance.home import actions
from appliance.home.actions import others
from tests.home.planning import (
    MOWER,
    VACUUM,
    check,
    entity,
    refused,
)


@pytest.mark.parametrize(
    ("component", "extra", "service", "data", "known", "messages", "wishes"),
    [
        ("vacuum", VACUUM, "start", {}, {}, [("c", "start")], {"state": "cleaning"}),
        ("vacuum", VACUUM, "turn_off", {}, {}, [("c", "return_to_base")], {"state": "returning"}),
        ("vacuum", VACUUM, "locate", {}, {}, [("c", "locate")], {}),
        ("vacuum", VACUUM, "set_fan_speed", {"fan_speed": "max"}, {}, [("fs", "max")], {"fan_speed": "max"}),
        (
            "vacuum",
            VACUUM,
            "send_command",
            {"command": "spot", "params": {"x": 1}},
            {},
            [("sc", '{"command":"spot","x":1}')],
            {},
        ),
        ("lawn_mower", MOWER, "start_mowing", {}, {}, [("sm", "start_mowing")], {"state": "mowing"}),
        ("lawn_mower", MOWER, "dock", {}, {}, [("do", "dock")], {"state": "docked"}),
        (
            "siren",
            {"available_tones": ["bell"]},
            "turn_on",
            {"tone": "bell", "duration": 10},
            {},
            [("c", '{"state":"ON","tone":"bell","duration":10}')],
            {"state": "on"},
        ),
        ("siren", {"command_template": "{{ value }}"}, "turn_off", {}, {}, [("c", "OFF")], {"state": "off"}),
        ("scene", {}, "turn_on", {}, {}, [("c", "ON")], {}),
        ("button", {"payload_press": "GO"}, "press", {}, {}, [("c", "GO")], {}),
        ("button", {}, "turn_on", {}, {}, [("c", "PRESS")], {}),
        (
            "number",
            {"min": 0, "max": 10, "step": 0.5},
            "set_value",
            {"value": 2.5},
            {},
            [("c", "2.5")],
            {"state": 2.5},
        ),
        (
            "select",
            {"options": ["Eco", "Max"]},
            "select_option",
            {"option": "eco"},
            {},
            [("c", "Eco")],
            {"state": "Eco"},
        ),
        ("select", {"options": ["a", "b"]}, "select_next", {}, {"state": "b"}, [("c", "a")], {"state": "a"}),
        (
            "select",
            {"options": ["a", "b"]},
            "select_next",
            {"cycle": False},
            {"state": "b"},
            [("c", "b")],
            {"state": "b"},
        ),
        ("text", {}, "set_value", {"value": "dinner"}, {}, [("c", "dinner")], {"state": "dinner"}),
        ("notify", {}, "send_message", {"message": "dinner"}, {}, [("c", "dinner")], {}),
    ],
)
def test_what_is_sent_and_what_has_to_be_said_then(component, extra, service, data, known, messages, wishes):
    check(entity(component, **extra), service, data, known, messages, wishes)


@pytest.mark.parametrize(
    ("component", "extra", "domain", "service", "data", "reason"),
    [
        ("number", {"min": 0, "max": 5}, "number", "set_value", {"value": 6}, "0 to 5"),
        ("select", {"options": ["a"]}, "select", "select_option", {"option": "b"}, "but a"),
        ("text", {"max": 3}, "text", "set_value", {"value": "long"}, "0 to 3"),
        ("text", {}, "text", "set_value", {"value": "a\x00b"}, "does not know"),
        ("vacuum", {}, "vacuum", "locate", {}, "cannot locate"),
        ("scene", {}, "homeassistant", "turn_off", {}, "cannot turn off"),
        ("event", {"event_types": ["a"]}, "homeassistant", "turn_on", {}, "cannot turn on"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(component, extra, domain, service, data, reason):
    refused(entity(component, **extra), domain, service, data, reason)


def test_its_services_are_in_the_table():
    assert set(others.SERVICES.items()) <= set(actions.SERVICES.items())
