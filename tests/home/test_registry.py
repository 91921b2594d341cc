"""Ids, areas and names of announced entities."""

from __future__ import annotations

import json
import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.home import entities, registry
from appliance.home.registry import Registry, Shown, slug
from appliance.mqtt import discovery


def announce(name, topic=None, component="switch", **extra):
    payload = {"command_topic": "c", "state_topic": "s", "name": name, **extra}
    where = f"ha/{component}/{topic or slug(name)}/config"
    return discovery.parse("ha", where, json.dumps(payload).encode())


def house(found: Registry):
    ids = found.ids()
    return registry.house(ids, {entity_id: Shown("on", {}) for entity_id in ids}, "home", "en")


def test_ids_do_not_depend_on_the_order_of_arrival():
    announcements = [announce("Lamp", f"x{number}") for number in range(5)] + [
        announce("Fan", default_entity_id="switch.lamp")
    ]
    seen = set()
    for seed in range(5):
        random.Random(seed).shuffle(announcements)
        found = Registry(10)
        for each in announcements:
            found.apply(each)
        seen.add(tuple((entity_id, entity.key) for entity_id, entity in sorted(found.ids().items())))
    assert len(seen) == 1
    assert {entity_id for entity_id, _ in seen.pop()} == {
        "switch.lamp",
        *(f"switch.lamp_{n}" for n in range(2, 7)),
    }


def test_what_changes_is_told_and_what_does_not_is_not():
    found = Registry(10)
    first = found.apply(announce("Lamp"))
    again = found.apply(announce("Lamp"))
    other = found.apply(announce("Lamp", aliases=["light", 5]))
    gone = found.apply(discovery.parse("ha", "ha/switch/lamp/config", b""))
    assert (len(first.added), first.removed) == (1, ())
    assert not again.anything
    assert (len(other.added), len(other.removed)) == (1, 1)
    assert other.added[0].aliases == ("light",)
    assert (gone.added, len(gone.removed), len(found)) == ((), 1, 0)


def test_only_so_many_entities():
    found = Registry(2)
    for name in ("a", "b"):
        found.apply(announce(name))
    full = found.apply(announce("c"))
    assert (full.added, full.problems[0].kind) == ((), "too many")
    found.apply(discovery.parse("ha", "ha/switch/a/config", b""))
    assert found.apply(announce("c")).added
    assert len(found) == 2


def test_a_second_announcement_of_one_unique_id_is_the_same_thing():
    found = Registry(10)
    found.apply(announce("A", unique_id="u"))
    found.apply(announce("B", unique_id="u"))
    found.apply(announce("C", unique_id="u", component="sensor"))
    assert list(found.ids()) == ["sensor.c", "switch.a"]


def test_areas_and_devices_of_a_house():
    found = Registry(10)
    box = {"ids": ["1"], "name": "Box", "sa": "Living Room"}
    found.apply(announce("One", device=box))
    found.apply(announce("Two", device=box))
    found.apply(announce(None, "z", device={"ids": ["2"], "name": "Box"}))
    made = house(found)
    assert [(area.id, area.name) for area in made.areas] == [("living_room", "Living Room")]
    assert [(device.id, device.area) for device in made.devices] == [("box", "living_room"), ("box_2", None)]
    assert [(entity.id, entity.name, entity.area, entity.device) for entity in made.entities] == [
        ("switch.box", "Box", None, "box_2"),
        ("switch.box_one", "Box One", "living_room", "box"),
        ("switch.box_two", "Box Two", "living_room", "box"),
    ]
    assert entities.parse(msgspec.json.encode(made), "here") == made


@given(st.text(max_size=300))
def test_slugs_are_always_usable(text):
    made = slug(text)
    assert made
    assert slug(made) == made
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


def test_slugs_of_other_languages():
    assert [slug(text) for text in ("Küche", "Straße 5", "Kök  Ö", "灯")] == [
        "kuche",
        "strasse_5",
        "kok_o",
        "unnamed",
    ]
