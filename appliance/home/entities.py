"""A house: areas, devices, entities, and a deed on them. Pure data; the house format of JSON files.

Read leniently where files come from elsewhere (unknown keys are ignored), written completely.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from appliance.errors import HomeError

MAX_HOUSE_BYTES = 8 * 1024 * 1024


class Floor(msgspec.Struct, frozen=True):
    """A storey."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


class Area(msgspec.Struct, frozen=True):
    """A room or a place outdoors."""

    id: str
    name: str
    floor: str | None = None
    aliases: tuple[str, ...] = ()


class Device(msgspec.Struct, frozen=True):
    """A thing with entities in it."""

    id: str
    name: str
    area: str | None = None


class Entity(msgspec.Struct, frozen=True):
    """Something with a state; `domain` and attributes are Home Assistant's."""

    id: str
    name: str
    domain: str
    aliases: tuple[str, ...] = ()
    area: str | None = None
    device: str | None = None
    state: str | None = None
    attributes: dict[str, Any] = {}


class Context(msgspec.Struct, frozen=True):
    """Which device is listening, and where."""

    device: str | None = None
    area: str | None = None


class House(msgspec.Struct, frozen=True):
    """Everything that can be talked about."""

    name: str = "home"
    language: str = "en"
    now: str | None = None
    context: Context | None = None
    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    devices: tuple[Device, ...] = ()
    entities: tuple[Entity, ...] = ()

    def entity(self, entity_id: str) -> Entity | None:
        """The entity with this id."""
        return next((entity for entity in self.entities if entity.id == entity_id), None)

    def with_entities(self, entities: Iterable[Entity]) -> House:
        """The same house with other entities."""
        return msgspec.structs.replace(self, entities=tuple(entities))


def parse(data: bytes, where: str) -> House:
    """A house from JSON. Raises HomeError naming `where` and the place that does not fit."""
    if len(data) > MAX_HOUSE_BYTES:
        raise HomeError(f"{where}: a house of {len(data)} bytes is above {MAX_HOUSE_BYTES}")
    try:
        return msgspec.json.decode(data, type=House)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HomeError(f"{where}: {error}", "the house format is in docs/house.md") from error


def load(path: Path) -> House:
    """A house from a file. Raises HomeError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_HOUSE_BYTES + 1)
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}", "give the path of a house file") from error
    return parse(data, str(path))
