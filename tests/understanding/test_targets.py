"""Which entities are meant."""

from __future__ import annotations

import msgspec
import pytest

from appliance.home.entities import Area, Entity, House
from appliance.understanding.targets import Problem, Wanted, choices, resolve

LAMP_A = Entity("light.a", "Lamp", "light", area="hall", state="on")
LAMP_B = Entity("light.b", "Lamp", "light", area="bed", state="on")
TV = Entity("media_player.tv", "Television", "media_player", area="bed", state="playing")
RADIO = Entity("media_player.radio", "Radio", "media_player", area="hall", state="paused")
HOUSE = House(
    areas=(Area("hall", "Hall", floor="ground"), Area("bed", "Bedroom", floor="up")),
    entities=(LAMP_A, LAMP_B, TV, RADIO),
)
AREAS = {entity.id: entity.area for entity in HOUSE.entities}
LAMPS = frozenset({"light.a", "light.b"})
PLAYERS = frozenset({"media_player"})


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(name="lamp", named=LAMPS, area="bed"), ["light.b"]),
        (Wanted(name="lamp", named=LAMPS, floor="ground"), ["light.a"]),
        (Wanted(name="lamp", named=LAMPS, near="hall"), ["light.a"]),
        (Wanted(name="bedroom lamp", named=LAMPS), ["light.b"]),
        (Wanted(domains=frozenset({"light"})), ["light.a", "light.b"]),
        (Wanted(domains=PLAYERS, single=True), ["media_player.tv"]),
        (Wanted(domains=PLAYERS, single=True, near="hall"), ["media_player.radio"]),
        (Wanted(domains=frozenset({"light"}), device_class="blind"), []),
        (Wanted(name="x", named=frozenset()), []),
        (Wanted(area="cellar"), []),
    ],
)
def test_targets(wanted: Wanted, ids: list[str]):
    found = resolve(wanted, HOUSE, AREAS)
    assert found == Problem("nothing") if not ids else [entity.id for entity in found] == ids


def test_in_doubt_it_is_several():
    found = resolve(Wanted(name="lamp", named=LAMPS), HOUSE, AREAS)
    assert found == Problem("several", (LAMP_A, LAMP_B))
    both = tuple(msgspec.structs.replace(each, state="playing") for each in (TV, RADIO))
    found = resolve(Wanted(domains=PLAYERS, single=True), HOUSE.with_entities(both), AREAS)
    assert found == Problem("several", both)


def test_choices_tell_the_candidates_apart():
    assert choices([LAMP_A, LAMP_B], HOUSE, AREAS) == ["Hall", "Bedroom"]
    assert choices([LAMP_A, TV], HOUSE, AREAS) == ["Lamp", "Television"]
