"""Simulated devices as data; on a broker they are in test_simulated."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.entities import Area, Device, Entity, House
from appliance.home.live import Live
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


# What a house file may say of each kind; together they have every part that there is.
GIVEN = {
    "light": {
        "supported_color_modes": ["color_temp", "hs", "xy", "rgb", "rgbw", "rgbww"],
        "effect_list": ["rainbow", "candle"], "brightness": 90, "effect": "candle",
    },
    "sensor": {"device_class": "temperature", "unit_of_measurement": "°C"},
    "cover": {"current_position": 40, "current_tilt_position": 0, "device_class": "blind"},
    "fan": {
        "percentage": 33, "preset_modes": ["auto", "sleep"], "preset_mode": "auto", "oscillating": True,
        "direction": "forward",
    },
    "climate": {
        "hvac_modes": ["off", "heat", "cool"], "temperature": 21, "current_temperature": 19.5,
        "target_temp_high": 24, "target_temp_low": 18, "fan_modes": ["low", "high"], "fan_mode": "low",
        "preset_modes": ["none", "away"], "preset_mode": "away", "swing_modes": ["on", "off"],
        "swing_mode": "on",
        "humidity": 40, "hvac_action": "idle", "min_temp": 7, "max_temp": 30, "target_temp_step": 0.5,
    },
    "water_heater": {"operation_list": ["off", "eco"], "temperature": 50, "current_temperature": 45},
    "humidifier": {"available_modes": ["home", "away"], "mode": "home", "humidity": 45},
    "number": {"min": 0, "max": 10, "step": 1},
    "select": {"options": ["a", "b"]},
    "siren": {"available_tones": ["bell"]},
}  # fmt: skip
STATES = {
    "fan": "on",
    "select": "a",
    "number": "3",
    "text": "hello",
    "sensor": "21.5",
    "climate": "heat",
    "water_heater": "eco",
}


def example(domain):
    return Entity(f"{domain}.x", "X", domain, state=STATES.get(domain), attributes=GIVEN.get(domain, {}))


@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["set", "brightness/set", "position/set", "mode/set", "temperature/set", "rgb/set", "x"]
            ),
            st.sampled_from(["ON", "OFF", "OPEN", "40", "heat", "1,2,3", "LOCK", "start", "b"])
            | st.text(max_size=16),
        ),
        max_size=4,
    ),
)
def test_whatever_it_is_told_it_reports_what_its_own_announcement_allows(domain, commands):
    entity = example(domain)
    device, live = Twin(entity, "demo/x_1"), Live(discovered(House(), entity))
    for what, payload in commands:
        before = dict(device.values)
        if not device.obey(what, payload):
            assert device.values == before
    faults = [live.take(topic, said.encode(), 0).fault for topic, said in device.reports().items()]
    assert set(faults) <= {""}
    live.take(STATUS, b"online", 0)
    assert live.available
    expected = {"scene", "button", "notify"}
    assert (live.state(0) == "unknown") == (domain in expected)


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
    entity = example(domain)
    found, device = discovered(House(), entity), Twin(entity, "demo/x_1")
    said = device.reports()
    assert {source.topic for source in found.sources} == {
        topic for topic in said if "availability" not in topic
    }
    assert {entry.topic for entry in found.availability} == {STATUS, "demo/x_1/availability"}
    assert found.availability_mode == "all"
    told = {command.topic.removeprefix("demo/x_1/") for command in found.commands.values()}
    assert told == {f"{part.name}/set" if part.name else "set" for part in device.parts if part.command}


@pytest.mark.parametrize("domain", sorted(KINDS))
def test_what_a_house_file_says_is_what_the_house_shows(domain):
    entity = example(domain)
    live = Live(discovered(House(), entity))
    for topic, said in {**Twin(entity, "demo/x_1").reports(), STATUS: "online"}.items():
        live.take(topic, said.encode(), 0)
    shown = live.shown(0)
    if entity.state is not None:
        assert shown.state == entity.state
    for name, value in entity.attributes.items():
        if domain != "light" or name in {"supported_color_modes", "effect_list"}:
            assert sorted(map(str, [shown.attributes[name]])) == sorted(map(str, [value])) or (
                name == "supported_color_modes" and set(shown.attributes[name]) == set(value)
            )


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
