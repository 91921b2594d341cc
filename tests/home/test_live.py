"""The state of one entity, as its messages and time make it."""

from __future__ import annotations

import json

import pytest

from appliance.home.live import Live
from appliance.home.templates import TemplateFault
from appliance.mqtt import discovery


def live(component="switch", **extra):
    payload = {"command_topic": "c", "state_topic": "s", "name": "It", **extra}
    (found,) = discovery.parse("ha", f"ha/{component}/x/config", json.dumps(payload).encode()).entities
    return Live(found)


def test_states_and_faults():
    it = live(value_template="{{ value_json.v }}")
    assert it.state(0) == "unknown"
    heard = it.take("s", b'{"v": "ON"}', 0)
    assert (heard.changed, heard.said_state, heard.fault, it.state(0)) == (True, True, "", "on")
    again = it.take("s", b'{"v": "ON"}', 0)
    assert (again.changed, again.said_state) == (False, True)
    for payload in (b"\xff", b"{", b'{"v": "MAYBE"}'):
        bad = it.take("s", payload, 0)
        assert (bad.changed, bad.said_state, bool(bad.fault), it.state(0)) == (False, False, True, "on")
    empty = it.take("s", b'{"w": 1}', 0)
    assert (empty.said_state, empty.fault) == (False, "")


@pytest.mark.parametrize(
    ("mode", "said", "available"),
    [
        ("all", ["a+"], False), ("all", ["a+", "b+"], True), ("all", ["a+", "b+", "a-"], False),
        ("any", [], False), ("any", ["a+"], True), ("any", ["a+", "a-"], False),
        ("latest", [], False), ("latest", ["a+", "b-"], False), ("latest", ["a-", "b+"], True),
        ("latest", ["a+", "a?"], True),
    ],
)  # fmt: skip
def test_availability(mode, said, available):
    it = live(availability=[{"topic": "a"}, {"topic": "b"}], availability_mode=mode)
    it.take("s", b"ON", 0)
    for topic, sign in said:
        it.take(topic, {"+": b"online", "-": b"offline", "?": b"perhaps"}[sign], 0)
    assert it.available is available
    assert it.state(0) == ("on" if available else "unavailable")


def test_availability_by_template():
    it = live(availability_topic="a", availability_template="{{ value_json.state }}")
    assert it.take("a", b'{"state": "online"}', 0).changed
    assert it.available


def test_time_takes_states_away():
    sensor = live("sensor", expire_after=10)
    sensor.take("s", b"21.5", 100)
    assert [sensor.state(110), sensor.state(110.1)] == ["21.5", "unavailable"]
    motion = live("binary_sensor", off_delay=5)
    motion.take("s", b"ON", 100)
    assert [motion.state(105), motion.state(105.1)] == ["on", "off"]


def test_what_the_house_shows_of_a_light():
    lamp = live("light", brightness_command_topic="b", brightness_state_topic="bs")
    lamp.take("bs", b"40", 0)
    lamp.take("s", b"OFF", 0)
    assert lamp.shown(0).attributes == {"supported_color_modes": ["brightness"], "supported_features": 0}
    lamp.take("s", b"ON", 0)
    assert lamp.shown(0).attributes["brightness"] == 40


def test_a_refused_template_is_refused_at_once():
    with pytest.raises(TemplateFault):
        live(value_template="{% for a in b %}{% endfor %}")
    with pytest.raises(TemplateFault):
        live(command_template="{{ 2 ** 9 }}")


def test_what_is_known_survives_a_new_announcement():
    old, new = live(availability_topic="a"), live(availability_topic="a", payload_on="1")
    old.take("a", b"online", 0)
    old.take("s", b"ON", 0)
    new.inherit(old)
    assert new.state(0) == "on"


@pytest.mark.parametrize(
    ("component", "extra", "said", "state", "attributes"),
    [
        (
            "light",
            {"rgb_state_topic": "r", "rgb_command_topic": "rc"},
            {"s": "ON", "r": "128,0,0"},
            "on",
            {"color_mode": "rgb", "brightness": 128, "rgb_color": [255, 0, 0], "hs_color": [0, 100]},
        ),
        (
            "light",
            {"color_temp_state_topic": "t", "color_temp_command_topic": "tc"},
            {"s": "ON", "t": "250"},
            "on",
            {"color_mode": "color_temp", "color_temp_kelvin": 4_000},
        ),
        ("light", {"hs_command_topic": "h", "hs_state_topic": "hs"}, {"s": "OFF", "hs": "3,4"}, "off", {}),
        ("cover", {}, {"s": "opening"}, "opening", {}),
        ("cover", {"position_topic": "p"}, {"s": "stopped", "p": "40"}, "open", {"current_position": 40}),
        (
            "cover",
            {"state_topic": None, "position_topic": "p"},
            {"p": "0"},
            "closed",
            {"current_position": 0},
        ),
        (
            "cover",
            {"position_topic": "p"},
            {"s": "open", "p": '{"position": 5, "tilt_position": 60}'},
            "open",
            {"current_position": 5, "current_tilt_position": 60},
        ),
        ("fan", {"percentage_state_topic": "p"}, {"s": "OFF", "p": "40"}, "off", {"percentage": 0}),
        ("water_heater", {"mode_state_topic": "m"}, {"m": "eco"}, "eco", {"operation_mode": "eco"}),
        ("vacuum", {}, {"s": '{"state":"docked","battery_level":130}'}, "docked", {"battery_level": 100}),
        ("siren", {}, {"s": '{"state":"ON","tone":"bell"}'}, "on", {"tone": "bell"}),
        ("event", {"event_types": ["a"]}, {"s": '{"event_type":"a"}'}, "a", {"event_type": "a"}),
        (
            "update",
            {"latest_version_topic": "l"},
            {"s": "1.0", "l": "1.1"},
            "on",
            {"installed_version": "1.0", "latest_version": "1.1"},
        ),
        ("device_tracker", {}, {"s": "Office"}, "Office", {"source_type": "gps"}),
        (
            "sensor",
            {"json_attributes_topic": "j", "unit_of_measurement": "W"},
            {"s": "5", "j": '{"unit_of_measurement": "kW", "note": "x", "deep": {}}'},
            "5",
            {"unit_of_measurement": "W", "note": "x"},
        ),
        ("sensor", {"encoding": "latin-1"}, {"s": b"5 \xb0"}, "5 °", {}),
        ("switch", {"value_template": "{{ this.state or name }}"}, {"s": "x"}, "unknown", {}),
    ],
)
def test_what_every_kind_shows(component, extra, said, state, attributes):
    it = live(component, **extra)
    for topic, payload in said.items():
        it.take(topic, payload if isinstance(payload, bytes) else payload.encode(), 0)
    shown = it.shown(0)
    assert shown.state == state
    assert {name: shown.attributes.get(name) for name in attributes} == attributes
    if state == "off" and component == "light":
        assert "color_mode" not in shown.attributes


def test_events_that_the_broker_repeats_did_not_happen_again():
    it = live("event", event_types=["a"])
    assert not it.take("s", b'{"event_type":"a"}', 0, retained=True).said_state
    assert it.state(0) == "unknown"


def test_what_was_told_to_a_silent_device_is_assumed():
    it = live(state_topic=None)
    assert it.assume({"state": "on"})
    assert not it.assume({"state": "on"})
    assert it.state(0) == "on"


def test_free_attributes_are_few_and_short():
    it = live("sensor", json_attributes_topic="j")
    many = {f"n{number}": "x" * 1_000 for number in range(500)}
    it.take("j", json.dumps(many).encode(), 0)
    found = [value for name, value in it.shown(0).attributes.items() if name.startswith("n")]
    assert len(found) == 24
    assert max(map(len, found)) == 128
