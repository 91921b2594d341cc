"""Music is quieter while somebody speaks."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.events import DeedResult
from appliance.home.entities import Entity, House
from appliance.pipeline.ducking import Ducking, quieter
from appliance.pipeline.hands import Hands
from appliance.pipeline.trace import TurnNote
from appliance.wire.messages import Deed


def player(name: str, area: str = "kitchen", state: str = "playing", level: Any = 0.5) -> Entity:
    return Entity(
        f"media_player.{name}",
        name,
        "media_player",
        area=area,
        state=state,
        attributes={"volume_level": level},
    )


class Loud:
    """A home with players that take what they are told."""

    def __init__(self, *players: Entity) -> None:
        self.shown = House(entities=players)
        self.told: list[tuple[str, float]] = []

    def house(self) -> House:
        return self.shown

    async def perform(self, deed: Deed, granted: object = ()) -> list[DeedResult]:
        del granted
        (name,), level = deed.entity_id, deed.data["volume_level"]
        assert isinstance(level, float)
        self.told.append((name, level))
        self.change(name, level)
        return []

    def change(self, name: str, level: float) -> None:
        entities = [
            msgspec.structs.replace(each, attributes={"volume_level": level}) if each.id == name else each
            for each in self.shown.entities
        ]
        self.shown = House(entities=tuple(entities))


def ducking(home: Loud, factor: float = 0.3) -> Ducking:
    return Ducking(Hands(home), home.house, lambda room: room, lambda: factor)


async def happens(ducks: Ducking, kind: Any, room: str = "kitchen") -> None:
    ducks.note(TurnNote(1, kind, 0, site=room))
    await asyncio.sleep(0.01)


async def test_only_what_plays_in_that_room_and_back_again() -> None:
    home = Loud(
        player("radio"), player("tv", state="off"), player("hall", area="hall"), player("odd", level="x")
    )
    ducks = ducking(home)
    await happens(ducks, "listening")
    assert home.told == [("media_player.radio", 0.15)]
    await happens(ducks, "listening")
    await happens(ducks, "done")
    assert home.told[1:] == [("media_player.radio", 0.5)]
    await happens(ducks, "done")
    assert len(home.told) == 2


async def test_what_somebody_changed_meanwhile_stays() -> None:
    home = Loud(player("radio"))
    ducks = ducking(home)
    await happens(ducks, "listening")
    home.change("media_player.radio", 0.9)
    await happens(ducks, "done")
    assert len(home.told) == 1


@pytest.mark.parametrize(("room", "factor"), [("", 0.3), ("kitchen", 1.0)])
async def test_without_a_room_or_the_wish_nothing_changes(room: str, factor: float) -> None:
    home = Loud(player("radio", area=room))
    await happens(ducking(home, factor), "listening", room)
    assert home.told == []


@given(st.lists(st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.integers()), max_size=12))
def test_whatever_players_say_of_themselves(levels: list[Any]) -> None:
    house = House(entities=tuple(player(f"p{at}", level=level) for at, level in enumerate(levels)))
    assert len(quieter(house, "kitchen", 0.3)) <= 8
