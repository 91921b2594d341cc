"""Several deeds at once: what is kept, asked and left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Policy as Settings
from appliance.judgement import bench
from appliance.judgement.bench import MAX_DEEDS, Refused, Speaker
from appliance.judgement.policy import Room, compiled
from appliance.wire.messages import Deed
from tests.judgement.homes import ANNA, BY_ID, HOUSE, KIM

POLICY = compiled(Settings())
OWNER, CHILD = Speaker(ANNA, Room(), 720), Speaker(KIM, Room(), 720)
LIGHTS = Deed("light", "turn_on", ("light.kitchen", "light.nowhere", "light.kitchen"))
DOORS = Deed("lock", "unlock", ("lock.front_door", "lock.back_door"))


def test_what_there_is_is_kept_once_and_the_rest_named() -> None:
    found = bench.sort([LIGHTS], OWNER, POLICY, HOUSE)
    assert found.deeds == (Deed("light", "turn_on", ("light.kitchen",)),)
    assert (found.allowed, found.guarded, found.how) == (("light.kitchen",), (), None)
    assert found.refused == (Refused("light.nowhere", "light.turn_on", "missing"),)


def test_one_question_about_all_that_is_guarded() -> None:
    found = bench.sort([LIGHTS, DOORS], OWNER, POLICY, HOUSE)
    assert found.how == "yes"
    assert [hazard.entity_id for hazard in found.hazards] == list(DOORS.entity_id)
    assert found.allowed == ("light.kitchen",)


def test_the_hardest_question_is_asked() -> None:
    policy = compiled(Settings(rules=("pin lock.back_door",)), pins=True)
    assert bench.sort([DOORS], OWNER, policy, HOUSE).how == "pin"


def test_the_denied_takes_only_itself_away() -> None:
    found = bench.sort([DOORS, LIGHTS], CHILD, POLICY, HOUSE)
    assert [deed.domain for deed in found.deeds] == ["light"]
    assert [each.why for each in found.refused] == ["child", "child", "missing"]
    assert found.how is None


def test_endless_deeds_end() -> None:
    assert len(bench.sort([LIGHTS] * 1_000, OWNER, POLICY, HOUSE).deeds) == MAX_DEEDS


@given(st.lists(st.sampled_from([*BY_ID, "lock.x"]), max_size=8), st.sampled_from(["turn_on", "toggle"]))
def test_every_entity_ends_in_one_place(ids: list[str], service: str) -> None:
    deed = Deed("homeassistant", service, tuple(ids))
    found = bench.sort([deed], OWNER, POLICY, HOUSE)
    kept = [name for each in found.deeds for name in each.entity_id]
    refused = [each.entity_id for each in found.refused]
    assert sorted([*kept, *refused]) == sorted(set(ids))
    assert set(found.allowed) <= set(kept)
