"""From registries to the house: what is shown, under which names, in which rooms."""

from __future__ import annotations

import pytest

from appliance.home.entities import Area, Floor
from appliance.home.hass import model
from appliance.home.hass.model import Registries
from appliance.home.hass.protocol import (
    AreaRow,
    AssistOptions,
    DeviceRow,
    EntityRow,
    FloorRow,
    MoreOfEntity,
    Options,
)
from appliance.home.hass.states import State

SHOWN, KEPT_BACK = Options(AssistOptions(True)), Options(AssistOptions(False))
FOUND = Registries(
    floors=(FloorRow("up", " Upstairs ", ["first floor"]),),
    areas=(AreaRow("bath", "Bath", "up", ["bathroom", None]), AreaRow("hall", "Hall", "nowhere")),
    devices=(DeviceRow("d1", "Dimmer", "My dimmer", "bath"), DeviceRow("d2", None, None, "gone")),
    entities=(
        EntityRow("light.a", "mqtt", "u1", device_id="d1", original_name="Lamp", options=SHOWN),
        EntityRow("light.b", "hue", "u2", device_id="d1", area_id="hall", options=SHOWN),
        EntityRow("light.c", "mqtt", "u3", options=KEPT_BACK),
        EntityRow("light.d", "mqtt", "u4", hidden_by="user", options=SHOWN),
        EntityRow("switch.own", "mqtt", "appliance-box_mute", options=SHOWN),
        EntityRow("light.e", "mqtt", 5, device_id="d2", options=SHOWN),
    ),
    more={"light.a": MoreOfEntity(["Mirror", "", None])},
    exposed=frozenset({"light.a", "light.b", "light.yaml"}),
    temperature_unit="°F",
)
BUILT = model.build(FOUND, 10, "appliance-box")


def test_what_is_shown_and_what_is_hidden() -> None:
    assert sorted(BUILT.known) == ["light.a", "light.b", "light.e", "light.yaml"]
    assert BUILT.hidden == {("light", "u3"), ("light", "u4"), ("switch", "appliance-box_mute")}
    assert BUILT.twins == {("light", "u1"): "light.a", ("light", "5"): "light.e"}
    assert not BUILT.known["light.yaml"].registered


def test_rooms_come_from_the_entity_then_from_its_device() -> None:
    assert [BUILT.known[key].area for key in ("light.a", "light.b", "light.e")] == ["bath", "hall", None]
    assert BUILT.floors == (Floor("up", "Upstairs", ("first floor",)),)
    assert BUILT.areas == (Area("bath", "Bath", "up", ("bathroom",)), Area("hall", "Hall", None))


def test_too_many_are_counted() -> None:
    few = model.build(FOUND, 2)
    assert (len(few.known), few.left_out) == (2, 3)


@pytest.mark.parametrize(
    ("unique_id", "prefix", "own"),
    [
        ("appliance-box_mute", "appliance-box", True),
        ("appliance-box", "appliance-box", True),
        ("appliance-box2_mute", "appliance-box", False),
        ("other_mute", "appliance-box", False),
        ("anything", "", False),
    ],
)
def test_which_ids_are_our_own(unique_id: str, prefix: str, own: bool) -> None:
    assert model.is_own(unique_id, prefix) is own


def test_the_house_has_what_has_a_state() -> None:
    states = {
        "light.a": State("on", {"friendly_name": "My dimmer Lamp", "brightness": 3}),
        "light.yaml": State("off", {"friendly_name": "From a file"}),
    }
    house = model.house(BUILT, states, connected=True, name="home", language="en")
    lamp, yaml = house.entities
    assert (lamp.id, lamp.name, lamp.aliases, lamp.area, lamp.device) == (
        "light.a",
        "My dimmer Lamp",
        ("Mirror",),
        "bath",
        "d1",
    )
    assert lamp.attributes == {"brightness": 3}
    assert (yaml.name, yaml.state) == ("From a file", "off")
    assert [(device.id, device.name) for device in house.devices] == [("d1", "My dimmer")]


def test_without_a_connection_everything_keeps_its_name_and_is_unavailable() -> None:
    house = model.house(BUILT, {"light.a": State("on")}, connected=False, name="home", language="en")
    assert [(each.name, each.state, each.area) for each in house.entities] == [
        ("Lamp", "unavailable", "bath")
    ]


def test_temperatures_know_their_unit() -> None:
    house = model.house(BUILT, {"light.a": State("on", {"temperature": 70})}, True, "home", "en")
    assert house.entities[0].attributes["temperature_unit"] == "°F"


def test_whose_registry_entry_is_asked_for() -> None:
    assert model.candidates(FOUND.entities, FOUND.exposed) == ["light.a", "light.b", "switch.own", "light.e"]
