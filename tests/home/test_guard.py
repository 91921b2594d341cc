"""What nobody may do by voice."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Home
from appliance.home import guard
from appliance.home.entities import Entity, House
from tests.home.harness import devices, one, simulated, until

GARAGE = {"device_class": "garage", "current_position": 40}


@pytest.mark.parametrize(
    ("entity_id", "attributes", "service", "data", "allowed"),
    [
        ("lock.front", {}, "lock", {}, True),
        ("lock.front", {}, "unlock", {}, False),
        ("lock.front", {}, "open", {}, False),
        ("lock.front", {}, "turn_off", {}, False),
        ("lock.front", {}, "turn_on", {}, False),
        ("lock.front", {}, "toggle", {}, False),
        ("cover.x", GARAGE, "open_cover", {}, False),
        ("cover.x", GARAGE, "turn_on", {}, False),
        ("cover.x", GARAGE, "toggle", {}, False),
        ("cover.x", GARAGE, "close_cover", {}, True),
        ("cover.x", GARAGE, "stop_cover", {}, True),
        ("cover.x", GARAGE, "turn_off", {}, True),
        ("cover.x", GARAGE, "set_cover_position", {"position": 41}, False),
        ("cover.x", GARAGE, "set_cover_position", {"position": 40}, True),
        ("cover.x", GARAGE, "set_cover_position", {"position": 0}, True),
        ("cover.x", {"device_class": "gate"}, "set_cover_position", {"position": 5}, False),
        ("cover.x", {"device_class": "door"}, "set_cover_position", {"position": None}, False),
        ("cover.x", {"device_class": "door"}, "open_cover_tilt", {}, False),
        ("cover.x", {"device_class": "blind"}, "open_cover", {}, True),
        ("cover.blind", {}, "open_cover", {}, True),
        ("cover.garage_door", {}, "open_cover", {}, False),
        ("cover.outdoor_awning", {}, "open_cover", {}, True),
        ("cover.garage_door", {"device_class": "shade"}, "open_cover", {}, True),
        ("valve.gas", {}, "open_valve", {}, False),
        ("valve.gas", {}, "turn_on", {}, False),
        ("valve.gas", {}, "close_valve", {}, True),
        ("valve.gas", {"current_position": 50}, "set_valve_position", {"position": 60}, False),
        ("valve.gas", {"current_position": 50}, "set_valve_position", {"position": 20}, True),
        ("alarm_control_panel.home", {}, "alarm_disarm", {}, False),
        ("alarm_control_panel.home", {}, "turn_off", {}, False),
        ("alarm_control_panel.home", {}, "alarm_arm_away", {}, True),
        ("light.door", {}, "turn_on", {}, True),
    ],
)
def test_only_the_way_in_is_guarded(entity_id, attributes, service, data, allowed):
    domain = entity_id.partition(".")[0]
    reason = guard.refusal(entity_id, domain, attributes, service, data)
    assert (reason == "") is allowed
    assert guard.refusal(entity_id, domain, attributes, service, data, unguarded=(entity_id,)) == ""
    assert guard.refusal(entity_id, domain, attributes, service, data, unguarded=("lock.other",)) == reason


@given(
    st.sampled_from(["lock", "cover", "valve", "alarm_control_panel", "light"]),
    st.dictionaries(
        st.sampled_from(["device_class", "current_position"]), st.none() | st.integers() | st.text()
    ),
    st.sampled_from(["unlock", "set_cover_position", "set_valve_position", "toggle", "x"]),
    st.dictionaries(st.just("position"), st.none() | st.booleans() | st.floats() | st.text()),
)
def test_nothing_is_too_strange(domain, attributes, service, data):
    assert isinstance(guard.refusal(f"{domain}.x", domain, attributes, service, data), str)


HOUSE = House(
    name="h",
    entities=(
        Entity("lock.front", "Front door", "lock", state="locked"),
        Entity("cover.garage", "Garage", "cover", state="closed", attributes={"device_class": "garage"}),
        Entity("valve.water", "Water", "valve", state="open"),
        Entity("alarm_control_panel.home", "Alarm", "alarm_control_panel", state="armed_away"),
    ),
)


def test_real_devices_are_guarded_until_they_are_named(broker):
    async def play():
        named = Home(settle_seconds=0.1, unguarded=("lock.front",))
        async with (
            simulated(HOUSE, broker.address("demo")) as home,
            devices(broker.address(), named) as found,
        ):
            await found.settle(10)
            await until(lambda: found.house().entity("lock.front").state == "locked")
            for entity_id, domain, service in (
                ("cover.garage", "cover", "open_cover"),
                ("cover.garage", "homeassistant", "turn_on"),
                ("cover.garage", "homeassistant", "toggle"),
                ("valve.water", "homeassistant", "toggle"),
                ("alarm_control_panel.home", "alarm_control_panel", "alarm_disarm"),
            ):
                result = await one(found, service, entity_id, domain)
                assert (result.outcome, result.done) == ("refused", False)
                assert "by voice" in result.reason or "armed" in result.reason
            assert home.commands == 0
            assert (await one(found, "unlock", "lock.front", "lock")).after == "unlocked"
            assert (await one(found, "close_valve", "valve.water", "valve")).after == "closed"
            assert home.commands == 2

    asyncio.run(play())
