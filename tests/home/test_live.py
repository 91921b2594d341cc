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
    assert lamp.shown(0).attributes == {"supported_color_modes": ["brightness"]}
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
