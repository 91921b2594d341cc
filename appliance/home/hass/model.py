"""From Home Assistant's registries to the house: which entities, with which names and rooms. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from appliance.home.entities import Area, Device, Entity, Floor, House
from appliance.home.hass import exposure
from appliance.home.hass.protocol import (
    AreaRow,
    DeviceRow,
    EntityRow,
    FloorRow,
    MoreOfEntity,
    text,
    texts,
)
from appliance.home.hass.states import UNAVAILABLE, State

MQTT = "mqtt"
Twin = tuple[str, str]
"""What an entity is called on the broker and in Home Assistant alike: its component and its unique id."""


class Registries(msgspec.Struct, frozen=True):
    """Everything that was read at one time."""

    floors: tuple[FloorRow, ...] = ()
    areas: tuple[AreaRow, ...] = ()
    devices: tuple[DeviceRow, ...] = ()
    entities: tuple[EntityRow, ...] = ()
    more: Mapping[str, MoreOfEntity] = {}
    """By entity id."""
    exposed: frozenset[str] = frozenset()
    """Ids that Home Assistant lists as exposed, registered or not."""
    expose_new: bool = True
    temperature_unit: str = ""


class Known(msgspec.Struct, frozen=True):
    """An entity that may be shown; what its state does not tell."""

    id: str
    name: str = ""
    """Of the registry; a state brings a better one, composed by Home Assistant."""
    aliases: tuple[str, ...] = ()
    area: str | None = None
    device: str | None = None
    twin: Twin | None = None
    """Its name on the broker, when it is from there."""
    registered: bool = True
    """Has it a registry entry? Without a unique id it has none."""

    @property
    def domain(self) -> str:
        """What stands before the dot."""
        return self.id.partition(".")[0]


class Model(msgspec.Struct, frozen=True):
    """What Home Assistant has, without states."""

    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    devices: Mapping[str, Device] = {}
    known: Mapping[str, Known] = {}
    """Everything that may be shown, by entity id."""
    hidden: frozenset[Twin] = frozenset()
    """Entities of the broker that its user does not want to be shown."""
    twins: Mapping[Twin, str] = {}
    """Entities of the broker that may be shown, by their names there: their ids."""
    temperature_unit: str = ""
    left_out: int = 0
    """How many were too many."""


def build(found: Registries, limit: int, own_prefix: str = "") -> Model:
    """What is to be shown of `found`: at most `limit` entities, none that this appliance announces itself."""
    areas = tuple(_area(row, {floor.floor_id for floor in found.floors}) for row in found.areas)
    area_ids = frozenset(area.id for area in areas)
    devices = {row.id: _device(row, area_ids) for row in found.devices}
    registered = frozenset(row.entity_id for row in found.entities)
    known: dict[str, Known] = {}
    hidden: set[Twin] = set()
    for row in found.entities:
        twin = _twin(row)
        if twin and is_own(twin[1], own_prefix):
            hidden.add(twin)
        elif exposure.shown(row, found.more.get(row.entity_id), found.exposed, found.expose_new):
            known[row.entity_id] = _known(row, found.more.get(row.entity_id), devices, area_ids, twin)
        elif twin:
            hidden.add(twin)
    known |= {each: Known(each, registered=False) for each in sorted(found.exposed - registered)}
    kept = dict(list(known.items())[:limit])
    return Model(
        floors=tuple(Floor(row.floor_id, text(row.name), texts(row.aliases)) for row in found.floors),
        areas=areas,
        devices=devices,
        known=kept,
        hidden=frozenset(hidden),
        twins={each.twin: each.id for each in kept.values() if each.twin},
        temperature_unit=text(found.temperature_unit),
        left_out=len(known) - len(kept),
    )


def candidates(rows: Iterable[EntityRow], exposed: frozenset[str]) -> list[str]:
    """Entities whose whole registry entry is needed to decide about them, or to show them."""
    return [row.entity_id for row in rows if row.entity_id in exposed or exposure.candidate(row)]


def is_own(unique_id: str, own_prefix: str) -> bool:
    """Is it one that this appliance announces? `own_prefix` ends where a word ends."""
    if not own_prefix or not unique_id.startswith(own_prefix):
        return False
    rest = unique_id[len(own_prefix) :]
    return not rest or not rest[0].isalnum()


def _twin(row: EntityRow) -> Twin | None:
    return (row.domain, str(row.unique_id)) if row.platform == MQTT and row.unique_id is not None else None


def _area(row: AreaRow, floors: set[str]) -> Area:
    floor = row.floor_id if row.floor_id in floors else None
    return Area(row.area_id, text(row.name) or row.area_id, floor, texts(row.aliases))


def _device(row: DeviceRow, areas: frozenset[str]) -> Device:
    return Device(
        row.id,
        text(row.name_by_user) or text(row.name) or row.id,
        row.area_id if row.area_id in areas else None,
    )


def _known(
    row: EntityRow,
    more: MoreOfEntity | None,
    devices: Mapping[str, Device],
    areas: frozenset[str],
    twin: Twin | None,
) -> Known:
    device = devices.get(row.device_id or "")
    own_area = row.area_id if row.area_id in areas else None
    name = text(row.name) or text(row.original_name) or (device.name if device else "")
    return Known(
        id=row.entity_id,
        name=name,
        aliases=texts(more.aliases) if more else (),
        area=own_area or (device.area if device else None),
        device=device.id if device else None,
        twin=twin,
    )


def house(model: Model, states: Mapping[str, State], connected: bool, name: str, language: str) -> House:
    """The house now, in the order of ids. Without a connection everything is unavailable."""
    entities = [
        _entity(known, states[entity_id], model.temperature_unit, connected)
        for entity_id, known in sorted(model.known.items())
        if entity_id in states
    ]
    used = {entity.device for entity in entities}
    return House(
        name=name,
        language=language,
        floors=model.floors,
        areas=model.areas,
        devices=tuple(device for key, device in model.devices.items() if key in used),
        entities=tuple(entities),
    )


def name_of(known: Known, state: State) -> str:
    """Home Assistant's own composition of the device's name and the entity's."""
    return text(str(state.attributes.get("friendly_name") or "")) or known.name or known.id


def _entity(known: Known, state: State, temperature_unit: str, connected: bool) -> Entity:
    attributes = {key: value for key, value in state.attributes.items() if key != "friendly_name"}
    name = name_of(known, state)
    if temperature_unit and ("temperature" in attributes or "current_temperature" in attributes):
        attributes["temperature_unit"] = temperature_unit
    return Entity(
        id=known.id,
        name=name,
        domain=known.domain,
        aliases=tuple(alias for alias in known.aliases if alias != name),
        area=known.area,
        device=known.device,
        state=state.state if connected else UNAVAILABLE,
        attributes=attributes,
    )
