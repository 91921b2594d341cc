"""Which entities a sentence means. Pure decisions; when in doubt, none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from appliance.home.entities import Entity, House

SILENT_STATES = ("unavailable", "unknown")


class Wanted(msgspec.Struct, frozen=True):
    """What a sentence says about its target. Empty means that it says nothing about that."""

    name: str = ""
    """As it was spoken, case folded."""
    named: frozenset[str] = frozenset()
    """Ids of the entities with that name."""
    area: str = ""
    floor: str = ""
    domains: frozenset[str] = frozenset()
    device_class: str = ""
    single: bool = False
    """It means one thing, even when no name was said."""
    near: str = ""
    """Area of whoever listens: preferred when several things fit."""


class Problem(msgspec.Struct, frozen=True):
    """No target: nothing fits, or several do."""

    kind: Literal["nothing", "several"]
    candidates: tuple[Entity, ...] = ()


def resolve(wanted: Wanted, house: House, areas: dict[str, str | None]) -> tuple[Entity, ...] | Problem:
    """The entities that are meant. `areas` gives each entity's area."""
    pool = tuple(entity for entity in house.entities if _fits(entity, wanted, house, areas))
    if not pool:
        return Problem("nothing")
    if len(pool) == 1 or not (wanted.name or wanted.single):
        return pool
    return _one(pool, wanted, house, areas)


def _one(
    pool: tuple[Entity, ...], wanted: Wanted, house: House, areas: dict[str, str | None]
) -> tuple[Entity, ...] | Problem:
    """The one of several: its room is part of its name, it is in this room, or it alone is playing."""
    rooms = {area.id: tuple(area.name.casefold().split()) for area in house.areas}
    name = tuple(wanted.name.split())

    def named_after_its_room(entity: Entity) -> bool:
        room = rooms.get(areas.get(entity.id) or "", ())
        return bool(room) and name[: len(room)] == room

    def near(entity: Entity) -> bool:
        return bool(wanted.near) and areas.get(entity.id) == wanted.near

    def playing(entity: Entity) -> bool:
        return not wanted.name and entity.state == "playing"

    for fits in (named_after_its_room, near, playing):
        fewer = tuple(entity for entity in pool if fits(entity))
        if len(fewer) == 1:
            return fewer
    return Problem("several", pool)


def _fits(entity: Entity, wanted: Wanted, house: House, areas: dict[str, str | None]) -> bool:
    area = areas.get(entity.id)
    return (
        (not wanted.name or entity.id in wanted.named)
        and (not wanted.domains or entity.domain in wanted.domains)
        and (not wanted.device_class or entity.attributes.get("device_class") == wanted.device_class)
        and (not wanted.area or area == wanted.area)
        and (not wanted.floor or area in _areas_of(house, wanted.floor))
    )


def _areas_of(house: House, floor: str) -> set[str]:
    return {area.id for area in house.areas if area.floor == floor}


def choices(candidates: Iterable[Entity], house: House, areas: dict[str, str | None]) -> list[str]:
    """Words that tell the candidates apart: their names, or where they are when the names are the same."""
    candidates = tuple(candidates)
    names = list(dict.fromkeys(entity.name for entity in candidates))
    if len(names) == len(candidates):
        return names
    places = {area.id: area.name for area in house.areas}
    found = [places.get(areas.get(entity.id) or "", entity.name) for entity in candidates]
    return list(dict.fromkeys(found))


def silent(entity: Entity) -> bool:
    """Its state is not known."""
    return entity.state is None or entity.state.casefold() in SILENT_STATES
