"""What is guarded by its kind, its name, its members."""

from __future__ import annotations

import pytest

from appliance.judgement.hazards import MAX_MEMBERS, members, touched, verb_of
from tests.judgement.homes import BY_ID, entity


@pytest.mark.parametrize(
    ("entity_id", "name", "hidden"),
    [
        ("switch.gate_opener", "", True),
        ("button.x", "Haustür öffnen", True),
        ("button.x", "Türöffner", True),
        ("script.x", "Unlock everything", True),
        ("script.x", "Alarm unscharf", True),
        ("automation.garage_door_open", "", True),
        ("input_boolean.x", "Garagentor", True),
        ("switch.garage_light", "Garage light", False),
        ("scene.summer", "Summer", False),
        ("script.x", "Temperatur auf zwanzig", False),
        ("switch.motor", "Motor auf", False),
        ("light.door_opener", "", False),
        ("switch.backofen", "", True),
        ("switch.x", "Herd", True),
        ("climate.oven", "", True),
        ("light.oven", "Oven light", False),
        ("switch.shop", "Shop", False),
    ],
)
def test_names_that_tell(entity_id: str, name: str, hidden: bool) -> None:
    assert (verb_of(entity(entity_id, name), "turn_on", {}) is not None) == hidden


@pytest.mark.parametrize(
    ("entity_id", "name", "device_class", "guarded"),
    [
        ("cover.shelly_1", "Garagentor", None, True),
        ("cover.shelly_1", "Haustür", None, True),
        ("cover.garage", "x", None, True),
        ("cover.shelly_1", "Door", "blind", False),
        ("cover.shelly_1", "Blind", None, False),
    ],
)
def test_covers_without_a_class_are_known_by_name(
    entity_id: str, name: str, device_class: str | None, guarded: bool
) -> None:
    cover = entity(entity_id, name, device_class=device_class)
    assert (verb_of(cover, "open_cover", {}) == "open") == guarded
    assert verb_of(cover, "close_cover", {}) is None


def test_a_group_is_everything_in_it_even_in_a_circle() -> None:
    found = touched(BY_ID["group.all"], "turn_on", BY_ID)
    assert found is not None
    assert {each.id for each, _ in found} == {
        "group.all", "group.inner", "light.kitchen", "cover.garage_door", "switch.tv"
    }  # fmt: skip


def test_a_scene_does_its_worst() -> None:
    found = touched(BY_ID["scene.away"], "turn_on", BY_ID)
    assert found is not None
    assert {each.id: service for each, service in found}["lock.front_door"] == "unlock"


def test_too_many_members_are_not_looked_through() -> None:
    lights = [entity(f"light.x{number}") for number in range(MAX_MEMBERS)]
    group = entity("group.x", entity_id=[each.id for each in lights])
    assert touched(group, "turn_on", {each.id: each for each in [group, *lights]}) is None
    assert touched(group, "turn_on", {each.id: each for each in [group, *lights[:-1]]}) is not None


@pytest.mark.parametrize("listed", [None, 3, "light.x", {"a": 1}, [1, None]])
def test_members_of_any_kind(listed: object) -> None:
    assert list(members(entity("group.x", entity_id=listed))) == []
