"""Announcements, as devices send them, and as an enemy would."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.mqtt import abbreviations, discovery, kinds
from appliance.mqtt.announced import Announced

TOPIC = "homeassistant/light/lamp/config"
LAMP = {"command_topic": "lamp/set", "state_topic": "lamp/state", "name": "Lamp"}


def parse(payload, topic=TOPIC):
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return discovery.parse("homeassistant", topic, raw)


def one(payload, topic=TOPIC) -> Announced:
    announcement = parse(payload, topic)
    assert announcement.problems == ()
    (entity,) = announcement.entities
    return entity


def problem(payload, topic=TOPIC):
    announcement = parse(payload, topic)
    assert announcement.entities == ()
    (fault,) = announcement.problems
    return fault.kind, fault.reason


def test_a_light_with_full_names():
    entity = one(
        {**LAMP, "brightness_command_topic": "lamp/b/set", "brightness_scale": 100, "qos": 1, "retain": True}
    )
    assert (entity.component, entity.name, entity.confirms) == ("light", "Lamp", True)
    assert entity.attributes["supported_color_modes"] == ("brightness",)
    assert (entity.qos, entity.retain, entity.options["brightness_scale"]) == (1, True, 100)
    assert entity.commands["brightness"].topic == "lamp/b/set"


def test_abbreviations_and_base_topic_give_the_same_entity():
    short = {
        "~": "home/lamp",
        "cmd_t": "~/set",
        "stat_t": "state/~",
        "stat_val_tpl": "{{ value_json.s }}",
        "pl_on": "1",
        "pl_off": 0,
        "uniq_id": "u1",
        "def_ent_id": "light.my_lamp",
        "avty": [{"t": "~/up", "pl_avail": "yes"}],
        "avty_mode": "any",
        "dev": {"ids": ["d1"], "name": "Lamp", "sa": "Kitchen"},
        "name": None,
        "opt": False,
        "bri_cmd_t": "~/b",
    }
    full = {
        "command_topic": "home/lamp/set",
        "state_topic": "state/home/lamp",
        "payload_on": "1",
        "payload_off": "0",
        "state_value_template": "{{ value_json.s }}",
        "unique_id": "u1",
        "object_id": "my_lamp",
        "availability": {"topic": "home/lamp/up", "payload_available": "yes"},
        "availability_mode": "any",
        "device": {"identifiers": "d1", "name": "Lamp", "suggested_area": "Kitchen"},
        "name": "Lamp",
        "brightness_command_topic": "home/lamp/b",
    }
    assert one(short) == one(full)
    assert one(short).entity_id == "my_lamp"


def test_a_whole_device_shares_its_topics_and_names():
    announcement = parse(
        {
            "dev": {"ids": "d1", "name": "Sensor box", "sa": "Attic"},
            "o": {"name": "x"},
            "avty_t": "box/up",
            "stat_t": "box/state",
            "cmps": {
                "t": {
                    "p": "sensor",
                    "dev_cla": "temperature",
                    "unit_of_meas": "°C",
                    "val_tpl": "{{ value_json.t }}",
                },
                "w": {"p": "binary_sensor", "name": "Window", "dev_cla": "window"},
                "old": {"p": "sensor"},
                "bad": {"p": "switch", "cmd_t": 5},
            },
        },
        "homeassistant/device/box/config",
    )
    temperature, window = announcement.entities
    assert (temperature.name, window.name) == ("Sensor box temperature", "Sensor box Window")
    assert temperature.device == window.device
    assert temperature.device.suggested_area == "Attic"
    assert temperature.sources[0].topic == window.sources[0].topic == "box/state"
    assert temperature.attributes == {"device_class": "temperature", "unit_of_measurement": "°C"}
    assert [(fault.kind, fault.reason) for fault in announcement.problems] == [
        ("type", "bad: `command_topic` is a number, not text")
    ]
    assert len({entity.key for entity in announcement.entities}) == 2


@pytest.mark.parametrize(
    ("name", "device_name", "expected"),
    [
        (None, "Lamp", "Lamp"),
        ("Lamp", "Lamp", "Lamp"),
        ("Night light", "Lamp", "Lamp Night light"),
        ("Night light", None, "Night light"),
        (None, None, "MQTT Light"),
    ],
)
def test_names_are_composed(name, device_name, expected):
    device = {"device": {"ids": ["d"], "name": device_name}} if device_name else {}
    assert one({**LAMP, "name": name, **device}).name == expected


def test_an_empty_payload_takes_everything_back():
    assert parse(b"").entities == ()
    assert parse(b"").problems == ()
    assert parse({}).problems == ()


def test_a_state_topic_that_is_the_command_topic_confirms_nothing():
    assert not one({**LAMP, "state_topic": "lamp/set"}).confirms
    assert not one({"command_topic": "lamp/set"}).confirms


@pytest.mark.parametrize(
    ("extra", "modes"),
    [
        ({}, ("onoff",)),
        ({"brightness": True}, ("brightness",)),
        ({"supported_color_modes": ["brightness"]}, ("brightness",)),
        ({"supported_color_modes": ["rgb"]}, ("rgb",)),
        ({"supported_color_modes": ["xy", "color_temp", "onoff"], "brightness": True}, ("xy", "color_temp")),
    ],
)
def test_a_json_light(extra, modes):
    entity = one({**LAMP, "schema": "json", **extra})
    assert (entity.schema, entity.attributes["supported_color_modes"], entity.sources[0].decoder) == (
        "json",
        modes,
        "json_light",
    )


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"{", "json"),
        (b"\xff\xfe", "json"),
        (b"[" * 100_000, "json"),
        (b'{"a":' * 50_000, "json"),
        ([1], "type"),
        ("text", "type"),
        (None, "type"),
        ({"state_topic": "a"}, "missing"),
        ({**LAMP, "command_topic": "a/#"}, "value"),
        ({**LAMP, "command_topic": ""}, "value"),
        ({**LAMP, "state_topic": {"a": 1}}, "type"),
        ({**LAMP, "qos": 3}, "value"),
        ({**LAMP, "qos": [1]}, "value"),
        ({**LAMP, "device": "x"}, "type"),
        ({**LAMP, "optimistic": "yes"}, "type"),
        ({**LAMP, "brightness_scale": -1}, "value"),
        ({**LAMP, "schema": "template"}, "missing"),
        ({**LAMP, "schema": "new"}, "unsupported"),
        ({**LAMP, "availability": ["x"]}, "type"),
        ({**LAMP, "availability": [{"topic": "a"}] * 17}, "too many"),
        ({**LAMP, "availability_mode": "sometimes"}, "value"),
        ({**LAMP, "entity_category": "diagnostic"}, "hidden"),
        ({**LAMP, "enabled_by_default": False}, "hidden"),
        ({**LAMP, "value_template": "x" * 5_000, "state_value_template": ""}, "too big"),
        (b" " * 262_145, "too big"),
    ],
)
def test_what_cannot_be_used_is_a_problem_with_a_reason(payload, expected):
    kind, reason = problem(payload)
    assert kind == expected
    assert reason


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("homeassistant/camera/x/config", "mean nothing here"),
        ("homeassistant/nonsense/x/config", "no kind 'nonsense'"),
    ],
)
def test_other_kinds_are_named(topic, expected):
    kind, reason = problem(LAMP, topic)
    assert kind == "unsupported"
    assert expected in reason


def test_a_device_without_components_is_a_problem():
    assert problem({"dev": {"ids": "x"}}, "homeassistant/device/x/config")[0] == "missing"


def test_no_abbreviation_stands_for_another_abbreviation():
    for table in (abbreviations.OPTIONS, abbreviations.DEVICE):
        assert not set(table) & set(table.values())


def test_every_option_of_every_kind_can_be_written_in_full():
    named = {source.topic for kind in kinds.KINDS.values() for source in kind.sources}
    named |= {option.name for kind in kinds.KINDS.values() for option in kind.options}
    assert not named & set(abbreviations.OPTIONS)


KEYS = sorted(
    {
        *abbreviations.OPTIONS,
        *abbreviations.OPTIONS.values(),
        "~",
        "platform",
        "schema",
        "name",
        "qos",
        "brightness",
    }
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
TOPICS = st.sampled_from(["a/b", "~/x", "x/~", "~", "#", "", "$a"])
JSON = st.recursive(
    SCALARS | TOPICS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
COMPONENTS = st.sampled_from(sorted({component for component, _ in kinds.KINDS} | {"device", "camera", "x"}))


@settings(max_examples=400, deadline=None)
@given(COMPONENTS, st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8), st.booleans())
def test_no_table_is_too_strange(component, table, complete):
    if complete:
        table = {**table, "command_topic": "c", "state_topic": "s", "platform": "sensor", "name": "n"}
        table = (
            {**table, "device": {"ids": "x"}, "components": {"a": table}} if component == "device" else table
        )
    announcement = parse(table, f"homeassistant/{component}/x/config")
    msgspec.json.encode(announcement)
    for entity in announcement.entities:
        assert (entity.component, entity.schema) in kinds.KINDS
        assert entity.name
        assert all(topic and "#" not in topic and "+" not in topic for topic in entity.topics())
    assert all(fault.reason for fault in announcement.problems)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.binary(max_size=200))
def test_no_bytes_on_no_topic_raise(topic, payload):
    announcement = discovery.parse("homeassistant", topic, payload)
    assert announcement.topic == topic
