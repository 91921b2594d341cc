"""Two houses become one: one entity, one owner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home import union
from appliance.home.entities import Area, Device, Entity, Floor, House
from appliance.home.hass.model import Known, Model
from appliance.home.union import Part, Side

TWIN = ("switch", "u1")
KETTLE = Entity("switch.water", "Kettle Switch", "switch", ("Pot",), "kuche", "kettle", "on", {"icon": "x"})
BROKER = House(
    name="home",
    language="de",
    areas=(Area("kuche", "Küche"), Area("shed", "Shed")),
    devices=(Device("kettle", "Kettle", "kuche"),),
    entities=(KETTLE, Entity("light.shed", "Shed light", "light", area="shed", state="off")),
)
IDENTITIES = {"switch.water": TWIN}
MODEL = Model(
    floors=(Floor("down", "Downstairs"),),
    areas=(Area("kitchen", "Kitchen", "down", ("küche",)),),
    devices={"d": Device("d", "Kettle", "kitchen")},
    known={
        "switch.tea": Known("switch.tea", "Tea kettle", ("Boiler",), "kitchen", "d", TWIN),
        "climate.hall": Known("climate.hall", "Hall"),
    },
    twins={TWIN: "switch.tea"},
)
TEA = Entity(
    "switch.tea", "Tea kettle", "switch", ("Boiler",), "kitchen", "d", "off", {"supported_features": 1}
)
HALL = Entity("climate.hall", "Hall", "climate", state="heat")
HASS = House(
    areas=MODEL.areas, floors=MODEL.floors, devices=(Device("d", "Kettle", "kitchen"),), entities=(TEA, HALL)
)


def merged(
    broker=BROKER,
    hass=HASS,
    model=MODEL,
    identities=IDENTITIES,
    broker_connected=True,
    hass_connected=True,
    own="",
) -> union.Union:
    return union.merge(Side(broker, broker_connected), Side(hass, hass_connected), identities, model, own)


def unavailable(house: House) -> House:
    return house.with_entities(Entity(**{**_fields(each), "state": "unavailable"}) for each in house.entities)


def _fields(entity: Entity) -> dict:
    return {name: getattr(entity, name) for name in entity.__struct_fields__}


def test_one_entity_under_home_assistants_names_in_its_room() -> None:
    found = merged()
    assert [entity.id for entity in found.house.entities] == ["climate.hall", "light.shed", "switch.tea"]
    tea = found.house.entity("switch.tea")
    assert (tea.name, tea.aliases, tea.area, tea.device) == ("Tea kettle", ("Boiler", "Pot"), "kitchen", "d")
    assert found.parts == {
        "switch.tea": Part("broker", "switch.water", "switch.tea"),
        "climate.hall": Part("hass", "", "climate.hall"),
        "light.shed": Part("broker", "light.shed"),
    }


def test_the_house_speaks_the_configured_language_and_has_all_rooms_once() -> None:
    house = merged().house
    assert (house.language, house.floors) == ("de", MODEL.floors)
    assert [(area.id, area.name) for area in house.areas] == [("kitchen", "Kitchen"), ("shed", "Shed")]
    assert house.entity("light.shed").area == "shed"


@pytest.mark.parametrize(
    ("broker_state", "hass_state", "hass_connected", "shown"),
    [
        ("on", "off", True, "on"),
        ("on", "off", False, "on"),
        ("unavailable", "off", True, "off"),
        ("unknown", "off", True, "off"),
        ("unavailable", "unavailable", True, "unavailable"),
        ("unknown", "unknown", True, "unknown"),
        ("unavailable", "off", False, "unavailable"),
    ],
)
def test_the_state_comes_from_whichever_is_alive(broker_state, hass_state, hass_connected, shown) -> None:
    broker = BROKER.with_entities([Entity("switch.water", "W", "switch", state=broker_state)])
    hass = HASS.with_entities([Entity("switch.tea", "T", "switch", state=hass_state)])
    assert merged(broker, hass, hass_connected=hass_connected).house.entity("switch.tea").state == shown


@pytest.mark.parametrize(
    ("broker", "broker_connected", "hass_connected", "owner"),
    [
        (BROKER, True, True, "broker"),
        (BROKER, True, False, "broker"),
        (BROKER, False, True, "hass"),
        (unavailable(BROKER), True, True, "hass"),
        (unavailable(BROKER), True, False, "broker"),
        (BROKER, False, False, "broker"),
    ],
)
def test_the_owner_is_who_can_do_it(broker, broker_connected, hass_connected, owner) -> None:
    found = merged(broker, broker_connected=broker_connected, hass_connected=hass_connected)
    assert found.parts["switch.tea"].owner == owner


def test_what_a_thing_can_do_is_told_by_home_assistant_too() -> None:
    assert merged().house.entity("switch.tea").attributes == {"icon": "x", "supported_features": 1}
    assert merged(hass_connected=False).house.entity("switch.tea").attributes == {"icon": "x"}


def test_what_a_thing_is_stays_known_while_it_is_away() -> None:
    gate = Entity("switch.tea", "Gate", "switch", state="on", attributes={"device_class": "gate", "min": 1})
    found = merged(hass=HASS.with_entities([gate]), hass_connected=False)
    assert found.house.entity("switch.tea").attributes == {"icon": "x", "device_class": "gate"}


def test_hidden_there_is_hidden_here() -> None:
    hidden = Model(hidden=frozenset({TWIN}))
    assert [entity.id for entity in merged(hass=House(), model=hidden).house.entities] == ["light.shed"]


def test_our_own_are_not_shown() -> None:
    found = merged(
        hass=House(), model=Model(), identities={"switch.water": ("switch", "box_mute")}, own="box"
    )
    assert [entity.id for entity in found.house.entities] == ["light.shed"]


def test_while_it_is_away_names_and_rooms_stay() -> None:
    found = merged(hass=unavailable(HASS), hass_connected=False)
    tea, hall = found.house.entity("switch.tea"), found.house.entity("climate.hall")
    assert (tea.name, tea.area, tea.state) == ("Tea kettle", "kitchen", "on")
    assert (hall.name, hall.state) == ("Hall", "unavailable")


def test_known_but_never_seen_there_has_its_registry_name() -> None:
    tea = merged(hass=HASS.with_entities([])).house.entity("switch.tea")
    assert (tea.name, tea.state, tea.area) == ("Tea kettle", "on", "kitchen")


def test_without_unique_ids_the_same_entity_id_is_the_same_entity() -> None:
    model = Model(known={"light.shed": Known("light.shed", registered=False)})
    hass = House(entities=(Entity("light.shed", "Garden shed", "light", state="off"),))
    found = merged(hass=hass, model=model)
    assert found.parts["light.shed"] == Part("broker", "light.shed", "light.shed")
    assert found.house.entity("light.shed").name == "Garden shed"


def test_the_same_id_for_two_things_is_two_entities() -> None:
    model = Model(known={"light.shed": Known("light.shed")})
    hass = House(entities=(Entity("light.shed", "Another", "light", state="on"),))
    found = merged(hass=hass, model=model)
    assert found.parts["light.shed"] == Part("hass", "", "light.shed")
    assert found.parts["light.shed_2"] == Part("broker", "light.shed")


def test_without_home_assistant_it_is_the_brokers_house() -> None:
    found = union.merge(Side(BROKER, True), Side(House(), False), IDENTITIES, Model())
    assert {entity.id for entity in found.house.entities} == {"switch.water", "light.shed"}
    assert {part.owner for part in found.parts.values()} == {"broker"}


IDS = st.sampled_from([f"switch.{letter}" for letter in "abcd"])
STATES = st.sampled_from(["on", "off", "unavailable", "unknown"])


@given(
    st.dictionaries(IDS, st.tuples(STATES, st.none() | st.sampled_from("uvw")), max_size=4),
    st.dictionaries(IDS, st.tuples(STATES, st.none() | st.sampled_from("uvw"), st.booleans()), max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_every_thing_is_there_once_and_has_one_owner(ours, theirs, broker_connected, hass_connected) -> None:
    taken: set[str] = set()
    identities = {}
    for key, (_, unique_id) in ours.items():
        if unique_id and unique_id not in taken:
            taken.add(unique_id)
            identities[key] = ("switch", unique_id)
    known, twins, hidden = {}, {}, set()
    for key, (_, unique_id, shown) in theirs.items():
        twin = ("switch", unique_id) if unique_id and ("switch", unique_id) not in {*twins, *hidden} else None
        if shown:
            known[key] = Known(key, twin=twin, registered=twin is not None)
            if twin:
                twins[twin] = key
        elif twin:
            hidden.add(twin)
    model = Model(known=known, twins=twins, hidden=frozenset(hidden))
    broker = House(
        entities=tuple(Entity(key, key, "switch", state=state) for key, (state, _) in ours.items())
    )
    hass = House(entities=tuple(Entity(key, key, "switch", state=theirs[key][0]) for key in known))
    found = union.merge(Side(broker, broker_connected), Side(hass, hass_connected), identities, model)
    assert {entity.id for entity in found.house.entities} == set(found.parts)
    assert len(found.house.entities) == len({entity.id for entity in found.house.entities})
    broker_ids = [part.broker for part in found.parts.values() if part.broker]
    hass_ids = [part.hass for part in found.parts.values() if part.hass]
    assert sorted(broker_ids) == sorted(key for key in ours if identities.get(key) not in hidden)
    assert sorted(hass_ids) == sorted(known)
    for part in found.parts.values():
        assert getattr(part, part.owner)
