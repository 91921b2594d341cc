"""Names, and what they mean."""

from __future__ import annotations

import msgspec

from appliance.home.entities import Area, Device, Entity, House
from appliance.understanding.vocabulary import Vocabulary, device_areas, signature

FAN = Entity("fan.x", "Exhaust Fan 2", "fan", ("blower",), "bath", state="on")
HOUSE = House(areas=(Area("bath", "Bathroom"),), entities=(FAN,))


def test_every_way_to_say_a_name_leads_to_the_entity():
    vocabulary = Vocabulary(HOUSE, "en")
    for said in (
        "exhaust fan 2",
        "exhaust fan two",
        "blower",
        "bathroom exhaust fan two",
        "bathroom exhaust fan 2",
    ):
        assert vocabulary.entity_ids(said) == {"fan.x"}, said
    assert vocabulary.entity_ids("bathroom") == set()


def test_an_own_name_comes_before_a_name_with_its_room():
    own = Entity("fan.own", "Bathroom Blower", "fan")
    blower = msgspec.structs.replace(FAN, name="Blower", aliases=())
    vocabulary = Vocabulary(HOUSE.with_entities([blower, own]), "en")
    assert vocabulary.entity_ids("bathroom blower") == {"fan.own"}


def test_the_signature_ignores_states_only():
    changed = HOUSE.with_entities([msgspec.structs.replace(FAN, state="off", attributes={"speed": 3})])
    assert signature(changed) == signature(HOUSE)
    for other in ({"name": "Y"}, {"aliases": ()}, {"area": None}, {"domain": "switch"}, {"id": "fan.y"}):
        assert signature(HOUSE.with_entities([msgspec.structs.replace(FAN, **other)])) != signature(HOUSE)


def test_a_device_id_that_stands_for_two_says_nothing():
    one, two = Device("lamp", "Lamp", "bath"), Device("lamp", "Lamp", "attic")
    assert device_areas(House(devices=(one,))) == {"lamp": "bath"}
    assert device_areas(House(devices=(one, two))) == {}
