"""From a service call to messages and to what must be heard."""

from __future__ import annotations

import json

import pytest

from appliance.home import actions
from appliance.mqtt import discovery


def entity(component="light", **extra):
    payload = {"command_topic": "c", "state_topic": "s", "name": "It", **extra}
    topic = f"ha/{component}/x/config"
    (found,) = discovery.parse("ha", topic, json.dumps(payload).encode()).entities
    return found


DIMMABLE = entity(brightness_command_topic="b", brightness_state_topic="bs", brightness_scale=100)
JSON = entity(schema="json", brightness=True)
PLAIN = entity()
SWITCH = entity("switch", payload_on="1", payload_off="0")


def sent(plan):
    return [(step.topic, step.value) for step in plan.publishes]


@pytest.mark.parametrize(
    ("target", "domain", "service", "data", "known", "messages", "wanted"),
    [
        (PLAIN, "light", "turn_on", {}, {}, [("c", "ON")], {"state": "on"}),
        (PLAIN, "light", "turn_off", {"transition": 3}, {}, [("c", "OFF")], {"state": "off"}),
        (PLAIN, "light", "toggle", {}, {"state": "on"}, [("c", "OFF")], {"state": "off"}),
        (PLAIN, "light", "toggle", {}, {"state": "unknown"}, [("c", "ON")], {"state": "on"}),
        (SWITCH, "homeassistant", "turn_on", {}, {}, [("c", "1")], {"state": "on"}),
        (SWITCH, "switch", "toggle", {}, {"state": "on"}, [("c", "0")], {"state": "off"}),
        (
            DIMMABLE,
            "light",
            "turn_on",
            {"brightness_pct": 50},
            {},
            [("b", "50"), ("c", "ON")],
            {"state": "on", "brightness": 128},
        ),
        (
            DIMMABLE,
            "light",
            "turn_on",
            {"brightness": 1},
            {},
            [("b", "1"), ("c", "ON")],
            {"state": "on", "brightness": 1},
        ),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": 0}, {}, [("c", "OFF")], {"state": "off"}),
        (
            DIMMABLE,
            "light",
            "turn_on",
            {"brightness_step_pct": 20},
            {"state": "on", "brightness": 51},
            [("b", "40"), ("c", "ON")],
            {"state": "on", "brightness": 102},
        ),
        (
            DIMMABLE,
            "light",
            "turn_on",
            {"brightness_step": -200},
            {"state": "on", "brightness": 51},
            [("c", "OFF")],
            {"state": "off"},
        ),
        (DIMMABLE, "light", "turn_on", {}, {}, [("c", "ON")], {"state": "on"}),
        (
            JSON,
            "light",
            "turn_on",
            {"brightness_pct": 100},
            {},
            [("c", '{"state":"ON","brightness":255}')],
            {"state": "on", "brightness": 255},
        ),
        (JSON, "light", "turn_off", {}, {}, [("c", '{"state":"OFF"}')], {"state": "off"}),
        (
            entity(brightness_command_topic="b", on_command_type="first"),
            "light",
            "turn_on",
            {"brightness": 5},
            {},
            [("c", "ON"), ("b", "5")],
            {"state": "on"},
        ),
        (
            entity(brightness_command_topic="b", on_command_type="brightness"),
            "light",
            "turn_on",
            {},
            {"brightness": 9},
            [("b", "9")],
            {"state": "on"},
        ),
        (
            entity(brightness_command_topic="b", on_command_type="brightness"),
            "light",
            "turn_on",
            {},
            {},
            [("b", "255")],
            {"state": "on"},
        ),
    ],
)
def test_plans(target, domain, service, data, known, messages, wanted):
    plan = actions.plan(target, domain, service, data, known)
    assert isinstance(plan, actions.Plan)
    assert (sent(plan), plan.wanted) == (messages, wanted)


@pytest.mark.parametrize(
    ("target", "domain", "service", "data", "reason"),
    [
        (SWITCH, "light", "turn_on", {}, "is no light"),
        (SWITCH, "switch", "turn_on", {"brightness": 5}, "on and off"),
        (entity("sensor"), "sensor", "turn_on", {}, "cannot turn on"),
        (entity("binary_sensor"), "homeassistant", "toggle", {}, "cannot turn off"),
        (PLAIN, "light", "open_cover", {}, "cannot open cover"),
        (PLAIN, "light", "turn_on", {"brightness_pct": 50}, "cannot be dimmed"),
        (DIMMABLE, "light", "turn_on", {"color_name": "red"}, "cannot change its color name"),
        (DIMMABLE, "light", "turn_on", {"brightness": 5, "brightness_pct": 5}, "cannot change"),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": 101}, "does not know"),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": float("nan")}, "does not know"),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": "much"}, "does not know"),
        (DIMMABLE, "light", "turn_on", {"brightness_step": 5}, "how bright"),
        (DIMMABLE, "light", "turn_off", {"brightness": 5}, "goes off"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(target, domain, service, data, reason):
    refusal = actions.plan(target, domain, service, data, {"state": "on"})
    assert isinstance(refusal, actions.Refusal)
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("known", "done"),
    [
        ({"state": "on", "brightness": 128}, True),
        ({"state": "on", "brightness": 126}, True),
        ({"state": "on", "brightness": 120}, False),
        ({"state": "off", "brightness": 128}, False),
        ({"state": "on"}, False),
        ({}, False),
    ],
)
def test_fulfilled(known, done):
    assert actions.fulfilled(DIMMABLE, {"state": "on", "brightness": 128}, known) is done
