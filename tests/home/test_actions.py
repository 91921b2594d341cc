"""From a service call to messages and to what must be heard."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.home import actions
from appliance.mqtt import discovery, kinds, topics
from tests.home.planning import (
    CLIMATE,
    COLORS,
    COVER,
    FAN,
    HEATER,
    HUMIDIFIER,
    INVERTED,
    MOWER,
    POWERED,
    TEMPLATE,
    VACUUM,
    ZIGBEE,
    entity,
    sent,
)

DIMMABLE = entity(brightness_command_topic="b", brightness_state_topic="bs", brightness_scale=100)
JSON = entity(schema="json", brightness=True)
PLAIN = entity()
SWITCH = entity("switch", payload_on="1", payload_off="0")


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
    assert (sent(plan), {name: actions.value_of(wish) for name, wish in plan.wanted.items()}) == (
        messages,
        wanted,
    )


@pytest.mark.parametrize(
    ("target", "domain", "service", "data", "reason"),
    [
        (SWITCH, "light", "turn_on", {}, "is no light"),
        (SWITCH, "switch", "turn_on", {"brightness": 5}, "cannot change its brightness"),
        (entity("sensor"), "sensor", "turn_on", {}, "cannot turn on"),
        (entity("binary_sensor"), "homeassistant", "toggle", {}, "cannot turn off"),
        (PLAIN, "light", "open_cover", {}, "cannot open cover"),
        (PLAIN, "light", "turn_on", {"brightness_pct": 50}, "cannot be dimmed"),
        (DIMMABLE, "light", "turn_on", {"color_name": "red"}, "cannot change its colour"),
        (DIMMABLE, "light", "turn_on", {"brightness": 5, "brightness_pct": 5}, "cannot change"),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": 101}, "does not know"),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": float("nan")}, "does not know"),
        (DIMMABLE, "light", "turn_on", {"brightness_pct": "much"}, "does not know"),
        (DIMMABLE, "light", "turn_on", {"brightness_step": 5}, "how bright"),
        (DIMMABLE, "light", "turn_off", {"brightness": 5}, "cannot change its brightness"),
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
    plan = actions.plan(DIMMABLE, "light", "turn_on", {"brightness": 128}, {})
    assert actions.fulfilled(plan.wanted, known) is done


EXTRAS = [
    ("light", COLORS), ("light", ZIGBEE), ("light", TEMPLATE), ("light", {}), ("cover", COVER),
    ("cover", INVERTED), ("valve", {"reports_position": True}), ("lock", {"payload_open": "O"}), ("fan", FAN),
    ("climate", CLIMATE), ("climate", POWERED), ("water_heater", HEATER), ("humidifier", HUMIDIFIER),
    ("vacuum", VACUUM), ("lawn_mower", MOWER), ("siren", {"available_tones": ["a"]}), ("scene", {}),
    ("button", {}), ("number", {}), ("select", {"options": ["a"]}), ("text", {}), ("notify", {}),
    ("alarm_control_panel", {}), ("sensor", {}), ("binary_sensor", {}), ("switch", {}),
    ("event", {"event_types": ["a"]}), ("update", {}), ("device_tracker", {}),
]  # fmt: skip
ENTITIES = [entity(component, **extra) for component, extra in EXTRAS]
NAMES = sorted({"x", *(field.name for row in actions.SERVICES.values() for field in row.fields)})
ODD = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.integers(-5, 300) | st.floats()
    | st.text(max_size=300) | st.lists(st.floats() | st.integers(0, 300), max_size=6)
    | st.sampled_from(["a", "red", "auto", "heat", "forward"])
)  # fmt: skip
KNOWN = st.dictionaries(
    st.sampled_from(["state", "brightness", "percentage", "current_position", "rgb_color", "color_mode"]),
    st.none() | st.sampled_from(["on", "off", "open", "heat", "a"]) | st.integers(0, 255)
    | st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255)),
)  # fmt: skip
CALLS = sorted({service for _, service in actions.SERVICES} | {"toggle", "turn_on", "turn_off", "x"})


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(ENTITIES),
    st.booleans(),
    st.sampled_from(CALLS),
    st.dictionaries(st.sampled_from(NAMES), ODD, max_size=4),
    KNOWN,
)
def test_no_deed_is_too_strange_and_none_leaves_the_entitys_own_topics(target, generic, service, data, known):
    domain = "homeassistant" if generic else target.component
    plan = actions.plan(target, domain, service, data, known)
    if isinstance(plan, actions.Refusal):
        assert 0 < len(plan.reason) < 400
        return
    own = {command.topic for command in target.commands.values()}
    assert plan.publishes
    for step in plan.publishes:
        assert step.topic in own
        assert not topics.fault_of_topic(step.topic)
        assert len(str(step.value)) <= 2_000
        assert not isinstance(step.value, float) or math.isfinite(step.value)
    assert set(plan.wanted) <= set(target.reports)
    actions.fulfilled(plan.wanted, known)
    actions.obeyed(plan, known)


LOOSE = {
    option: st.just("t")
    for kind in kinds.KINDS.values()
    for option in (*(source.topic for source in kind.sources), *(command.topic for command in kind.commands))
} | {"modes": st.just(["heat", "off"]), "options": st.just(["a"]), "preset_modes": st.just(["a"])}


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted({component for component, _ in kinds.KINDS})),
    st.fixed_dictionaries({}, optional=LOOSE),
    st.sampled_from(["default", "json", "template"]),
    st.sampled_from(CALLS),
    st.dictionaries(st.sampled_from(NAMES), ODD, max_size=3),
)
def test_however_little_was_announced_no_plan_raises(component, options, schema, service, data):
    payload = {"name": "x", "command_topic": "c", "state_topic": "s", **options, "schema": schema}
    if "state_topic" in options:
        payload.pop("command_topic", None)
    payload |= {"command_on_template": "a", "command_off_template": "b"}
    raw = json.dumps(payload).encode()
    for target in discovery.parse("ha", f"ha/{component}/x/config", raw).entities:
        for domain in (component, "homeassistant"):
            plan = actions.plan(target, domain, service, data, {})
            assert isinstance(plan, actions.Plan | actions.Refusal)
