"""Lights: brightness, colours, temperatures and effects, in all three schemas."""

from __future__ import annotations

import pytest

from appliance.home import actions
from appliance.home.actions import lights
from tests.home.planning import (
    COLORS,
    TEMPLATE,
    ZIGBEE,
    check,
    entity,
    refused,
)


@pytest.mark.parametrize(
    ("component", "extra", "service", "data", "known", "messages", "wishes"),
    [
        (
            "light",
            COLORS,
            "turn_on",
            {"color_name": "Red"},
            {},
            [("r", "255,0,0"), ("c", "ON")],
            {"state": "on", "rgb_color": (255, 0, 0)},
        ),
        (
            "light",
            COLORS,
            "turn_on",
            {"color_temp_kelvin": 2_000},
            {},
            [("w", "370"), ("c", "ON")],
            {"state": "on", "color_temp_kelvin": 2_702},
        ),
        (
            "light",
            COLORS,
            "turn_on",
            {"color_temp": 250, "brightness": 51},
            {},
            [("b", "51"), ("w", "250"), ("c", "ON")],
            {"state": "on", "color_temp_kelvin": 4_000},
        ),
        (
            "light",
            COLORS,
            "turn_on",
            {"effect": "rainbow"},
            {},
            [("e", "Rainbow"), ("c", "ON")],
            {"state": "on", "effect": "Rainbow"},
        ),
        (
            "light",
            {"rgb_command_topic": "r", "rgb_state_topic": "rs"},
            "turn_on",
            {"brightness": 51},
            {"rgb_color": (255, 0, 100)},
            [("r", "51,0,20"), ("c", "ON")],
            {"state": "on", "brightness": 51},
        ),
        (
            "light",
            {"hs_command_topic": "h", "hs_state_topic": "hs"},
            "turn_on",
            {"color_name": "blue"},
            {},
            [("h", "240,100"), ("c", "ON")],
            {"state": "on", "hs_color": (240.0, 100.0)},
        ),
        (
            "light",
            {"rgbw_command_topic": "r"},
            "turn_on",
            {"color_name": "white"},
            {},
            [("r", "0,0,0,255"), ("c", "ON")],
            {"state": "on"},
        ),
        (
            "light",
            {"white_command_topic": "w", "rgb_command_topic": "r", "white_scale": 100},
            "turn_on",
            {"white": 128},
            {},
            [("w", "50"), ("c", "ON")],
            {"state": "on"},
        ),
        (
            "light",
            ZIGBEE,
            "turn_on",
            {"color_name": "red", "transition": 2},
            {},
            [("c", '{"state":"ON","transition":2,"color":{"x":0.7006,"y":0.2993}}')],
            {"state": "on", "xy_color": (0.7006, 0.2993)},
        ),
        (
            "light",
            ZIGBEE,
            "turn_on",
            {"color_temp_kelvin": 4_000, "brightness_pct": 100},
            {},
            [("c", '{"state":"ON","color_temp":250,"brightness":255}')],
            {"state": "on", "brightness": 255, "color_temp_kelvin": 4_000},
        ),
        (
            "light",
            ZIGBEE,
            "turn_on",
            {"effect": "blink", "flash": "short"},
            {},
            [("c", '{"state":"ON","flash":2,"effect":"blink"}')],
            {"state": "on", "effect": "blink"},
        ),
        (
            "light",
            TEMPLATE,
            "turn_on",
            {"brightness": 9},
            {},
            [("c", "None")],
            {"state": "on", "brightness": 9},
        ),
    ],
)
def test_what_is_sent_and_what_has_to_be_said_then(component, extra, service, data, known, messages, wishes):
    check(entity(component, **extra), service, data, known, messages, wishes)


@pytest.mark.parametrize(
    ("component", "extra", "domain", "service", "data", "reason"),
    [
        (
            "light",
            ZIGBEE,
            "light",
            "turn_on",
            {"color_name": "mauvish"},
            "does not know a colour of 'mauvish'",
        ),
        ("light", ZIGBEE, "light", "turn_on", {"effect": "disco"}, "but blink"),
        ("light", ZIGBEE, "light", "turn_on", {"rgb_color": [1, 2]}, "does not know a colour"),
        ("light", ZIGBEE, "light", "turn_on", {"rgb_color": [1, 2, 3], "color_temp": 300}, "two colours"),
        ("light", {}, "light", "turn_on", {"color_temp_kelvin": 3_000}, "colour temperature"),
        ("light", {}, "light", "turn_on", {"password": "x"}, "cannot change its password"),
        ("light", {}, "homeassistant", "open_cover", {}, "cannot open cover"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(component, extra, domain, service, data, reason):
    refused(entity(component, **extra), domain, service, data, reason)


def test_template_lights_get_their_wishes_as_variables():
    plan = actions.plan(
        entity(**TEMPLATE), "light", "turn_on", {"hs_color": [120, 100], "transition": 1}, {"brightness": 100}
    )
    (step,) = plan.publishes
    assert step.variables == {
        "state": True, "transition": 1, "hue": 120, "sat": 100, "red": 0, "green": 255, "blue": 0,
    }  # fmt: skip
    assert step.template == "x"
    (off,) = actions.plan(entity(**TEMPLATE), "light", "turn_off", {}, {}).publishes
    assert (off.template, off.variables) == ("y", {"state": False})


def test_its_services_are_in_the_table():
    assert set(lights.SERVICES.items()) <= set(actions.SERVICES.items())
