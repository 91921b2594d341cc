"""Simulated devices as data; on a broker they are in test_simulated."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.entities import Area, Device, Entity, House
from appliance.home.twins import FULL, KINDS, SLOW_SECONDS, Twin, announcement
from appliance.mqtt import discovery

STATUS = "demo/status"
DIMMABLE = {"supported_color_modes": ["brightness"]}


def twin(domain="light", state="off", **attributes):
    return Twin(Entity(f"{domain}.x", "X", domain, state=state, attributes=attributes), "demo/x")


@pytest.mark.parametrize(
    ("what", "payload", "obeyed", "state", "brightness"),
    [
        ("set", "ON", True, "on", 90),
        ("set", "OFF", True, "off", 90),
        ("set", "on", False, "off", 90),
        ("set", "", False, "off", 90),
        ("brightness/set", "0", True, "off", 0),
        ("brightness/set", "7", True, "on", 7),
        ("brightness/set", "999", True, "on", FULL),
        ("brightness/set", "1000", False, "off", 90),
        ("brightness/set", "-1", False, "off", 90),
        ("brightness/set", "1.5", False, "off", 90),
        ("brightness/set", "", False, "off", 90),
        ("state", "ON", False, "off", 90),
    ],
)
def test_a_light_obeys_what_it_understands(what, payload, obeyed, state, brightness):
    light = twin(**DIMMABLE, brightness=90)
    assert light.obey(what, payload) is obeyed
    assert (light.state, light.brightness) == (state, brightness)


@given(st.sampled_from(["set", "brightness/set", "x"]), st.text(max_size=16), st.sampled_from(sorted(KINDS)))
def test_no_command_makes_a_state_that_is_none(what, payload, domain):
    device = twin(domain, "on", **DIMMABLE)
    before = (device.state, device.brightness)
    if not device.obey(what, payload):
        assert (device.state, device.brightness) == before
    assert device.state in {"on", "off"}
    assert 0 <= device.brightness <= FULL


@pytest.mark.parametrize(
    ("domain", "attributes", "dimmable"),
    [
        ("light", {}, False),
        ("light", {"supported_color_modes": ["onoff"]}, False),
        ("light", {"supported_color_modes": []}, False),
        ("light", {"supported_color_modes": "brightness"}, False),
        ("light", DIMMABLE, True),
        ("light", {"supported_color_modes": ["onoff", "brightness"]}, True),
        ("switch", DIMMABLE, False),
    ],
)
def test_only_some_lights_have_brightness(domain, attributes, dimmable):
    device = twin(domain, **attributes)
    assert device.dimmable is dimmable
    assert device.obey("brightness/set", "9") is dimmable
    assert ("demo/x/brightness" in device.reports()) is dimmable


@pytest.mark.parametrize("given_brightness", [None, True, -1, 256, 10**9, 1.5, "90", []])
def test_a_brightness_that_is_none_is_full(given_brightness):
    assert twin(**DIMMABLE, brightness=given_brightness).reports()["demo/x/brightness"] == "255"


def test_reports_are_what_a_device_of_that_kind_says():
    assert twin(**DIMMABLE, brightness=0).reports() == {
        "demo/x/state": "OFF", "demo/x/brightness": "0", "demo/x/availability": "online"
    }  # fmt: skip
    assert twin("sensor", "21.5 °C").reports()["demo/x/state"] == "21.5 °C"
    assert twin("binary_sensor", "on").reports()["demo/x/state"] == "ON"
    assert twin("switch", None).reports()["demo/x/state"] == "OFF"


def test_faults_are_attributes():
    assert twin(fault="offline").reports()["demo/x/availability"] == "offline"
    assert twin(fault="silent").reports()["demo/x/availability"] == "online"
    assert twin(fault_seconds=0.5).slow_seconds == 0.5
    assert twin(fault_seconds="long").slow_seconds == SLOW_SECONDS


# --- what it announces is what discovery reads --------------------------------------------------------------


def discovered(house, entity):
    payload = announcement(house, entity, "demo/x_1", STATUS)
    seen = discovery.parse(
        "homeassistant", f"homeassistant/{entity.domain}/demo/x/config", json.dumps(payload).encode()
    )
    assert seen.problems == ()
    (found,) = seen.entities
    return found


@pytest.mark.parametrize("domain", sorted(KINDS))
def test_its_topics_are_those_it_obeys_and_reports_on(domain):
    entity = Entity(f"{domain}.x", "X", domain, attributes=DIMMABLE)
    found = discovered(House(), entity)
    said = Twin(entity, "demo/x_1").reports()
    assert {source.topic for source in found.sources} == {
        topic for topic in said if "availability" not in topic
    }
    assert {entry.topic for entry in found.availability} == {STATUS, "demo/x_1/availability"}
    assert found.availability_mode == "all"
    obeyed = {command.topic.removeprefix("demo/x_1/") for command in found.commands.values()}
    expected = {"light": {"set", "brightness/set"}, "switch": {"set"}}
    assert obeyed == expected.get(domain, set())
    assert found.dimmable == (domain == "light")


def test_attributes_aliases_and_the_area_are_announced():
    entity = Entity(
        "sensor.x", "X", "sensor", aliases=("heat",), area="hall",
        attributes={"device_class": "temperature", "unit_of_measurement": "°C", "fault": "slow", "own": 1},
    )  # fmt: skip
    house = House(areas=(Area("hall", "Hall"),))
    payload = announcement(house, entity, "demo/x", STATUS)
    assert payload["aliases"] == ["heat"]
    assert payload["device"]["suggested_area"] == "Hall"
    assert not {"fault", "own", "command_topic"} & set(payload)
    assert discovered(house, entity).attributes == {
        "device_class": "temperature",
        "unit_of_measurement": "°C",
    }


WORDS = st.lists(st.sampled_from(["Lamp", "lamp", "Kitchen", "Tür", "2"]), min_size=1, max_size=3).map(
    " ".join
)
PLACES = st.sampled_from([None, "hall", "attic"])


@given(WORDS, WORDS, PLACES, PLACES, st.booleans())
def test_a_name_survives_whatever_the_device_is_called(name, device_name, area, device_area, belongs):
    entity = Entity("switch.x", name, "switch", area=area, device="d" if belongs else None)
    areas = (Area("hall", "Hall"), Area("attic", "Attic"))
    found = discovered(House(areas=areas, devices=(Device("d", device_name, device_area),)), entity)
    assert found.name == name
    assert found.device.suggested_area == {"hall": "Hall", "attic": "Attic", None: ""}[area]
