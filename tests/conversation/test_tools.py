from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation import tools
from appliance.conversation.tools import Value
from appliance.home.entities import Entity
from appliance.judgement import services
from appliance.wire.messages import Deed
from tests.conversation.homes import GUARDED, MARKED, OPEN, SENSORS, entity, home, houses

BY_ID = {each.id: each for each in home().entities}


def offered(each: Entity) -> dict[str, tools.Offer]:
    by_id = {**BY_ID, each.id: each}
    return {offer.tool: offer for offer in tools.offers(each, by_id, MARKED)}


@pytest.mark.parametrize("each", GUARDED, ids=lambda each: each.id)
def test_what_must_be_asked_about_is_never_offered(each: Entity) -> None:
    assert tools.is_guarded(each, BY_ID, MARKED) or each.domain in {"script", "automation"}
    assert not offered(each)


@pytest.mark.parametrize("each", OPEN, ids=lambda each: each.id)
def test_everything_else_is(each: Entity) -> None:
    assert offered(each)


@pytest.mark.parametrize("each", SENSORS, ids=lambda each: each.id)
def test_a_sensor_can_only_be_read(each: Entity) -> None:
    assert not offered(each)


@pytest.mark.parametrize(
    ("entity_id", "tool", "given_", "deed"),
    [
        ("light.desk", "turn_on", None, Deed("light", "turn_on", ("light.desk",))),
        (
            "light.desk",
            "set_brightness",
            40,
            Deed("light", "turn_on", ("light.desk",), {"brightness_pct": 40}),
        ),
        (
            "light.desk",
            "set_color",
            "blue",
            Deed("light", "turn_on", ("light.desk",), {"color_name": "blue"}),
        ),
        (
            "light.desk",
            "set_color_temperature",
            2700.0,
            Deed("light", "turn_on", ("light.desk",), {"color_temp_kelvin": 2700}),
        ),
        ("cover.blind", "open", None, Deed("cover", "open_cover", ("cover.blind",))),
        (
            "cover.blind",
            "set_position",
            0,
            Deed("cover", "set_cover_position", ("cover.blind",), {"position": 0}),
        ),
        ("fan.fan", "set_speed", 33, Deed("fan", "set_percentage", ("fan.fan",), {"percentage": 33})),
        (
            "climate.bedroom",
            "set_temperature",
            20.5,
            Deed("climate", "set_temperature", ("climate.bedroom",), {"temperature": 20.5}),
        ),
        (
            "climate.bedroom",
            "set_mode",
            "heat",
            Deed("climate", "set_hvac_mode", ("climate.bedroom",), {"hvac_mode": "heat"}),
        ),
        (
            "media_player.radio",
            "set_volume",
            35,
            Deed("media_player", "volume_set", ("media_player.radio",), {"volume_level": 0.35}),
        ),
        ("vacuum.robot", "dock", None, Deed("vacuum", "return_to_base", ("vacuum.robot",))),
        ("light.desk", "set_brightness", 0, None),
        ("light.desk", "set_brightness", 101, None),
        ("light.desk", "set_brightness", math.nan, None),
        ("light.desk", "set_brightness", math.inf, None),
        ("light.desk", "set_brightness", "40", None),
        ("light.desk", "set_brightness", None, None),
        ("light.desk", "turn_on", 5, None),
        ("light.desk", "set_color", "blurple", None),
        ("light.desk", "set_color", 5, None),
        ("climate.bedroom", "set_temperature", 29, None),
        ("climate.bedroom", "set_mode", "rm -rf /", None),
    ],
)
def test_calls_become_deeds_or_nothing(
    entity_id: str, tool: str, given_: float | str | None, deed: Deed | None
) -> None:
    assert offered(BY_ID[entity_id])[tool].deed(given_) == deed


@pytest.mark.parametrize(
    ("low", "high"),
    [(-1e300, 1e300), (math.nan, 5), ("7", "35"), (30, 10), (True, 20), (-math.inf, math.inf)],
)
def test_a_range_that_cannot_be_is_replaced_by_a_usual_one(low: object, high: object) -> None:
    value = offered(entity("climate.x", min_temp=low, max_temp=high))["set_temperature"].value
    assert value is not None
    assert (value.low, value.high) == (7, 35)


def test_a_light_that_cannot_dim_is_not_dimmed() -> None:
    assert set(offered(entity("light.x", supported_color_modes=["onoff"]))) == {"turn_on", "turn_off"}
    assert set(offered(entity("light.x"))) == {"turn_on", "turn_off"}


def test_an_entity_that_poses_as_another_kind_is_left_out() -> None:
    assert not offered(Entity("lock.front", "Lamp", "light"))


def test_a_group_that_reaches_too_far_is_left_out() -> None:
    assert offered(entity("group.good", entity_id=["light.desk", "switch.coffee"]))
    assert not offered(entity("group.bad", entity_id=["light.desk", "group.inner", "lock.front_door"]))
    assert not offered(entity("group.unknown"))


@given(st.integers(-50, 50), st.integers(1, 9_000), st.sampled_from([0.5, 1.0, 7.0, 100.0]))
def test_every_spelling_is_accepted_and_they_are_few(low: int, width: int, step: float) -> None:
    value = Value("degrees", "temperature", low, low + width, step)
    spelt = value.spellings()
    assert 0 < len(spelt) <= tools.MAX_VALUES
    for each in spelt:
        assert value.accept(float(each)) is not None


@given(houses)
def test_every_offer_is_a_known_service_of_its_own_kind(house: object) -> None:
    by_id = {each.id: each for each in house.entities}  # type: ignore[attr-defined]
    for each in by_id.values():
        for offer in tools.offers(each, by_id, MARKED):
            assert services.known(offer.domain, each.domain, offer.service)
            assert offer.domain not in tools.GUARDED
            if offer.value is not None:
                assert all(offer.value.accept(_read(spelt)) is not None for spelt in offer.value.spellings())


def _read(spelt: str) -> float | str:
    return spelt[1:-1] if spelt.startswith('"') else float(spelt)
