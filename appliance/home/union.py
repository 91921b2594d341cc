"""One home out of two: the devices on the broker, and what Home Assistant has. One entity, one owner. Pure.

An entity of the broker that Home Assistant's MQTT integration has too is one entity, under Home Assistant's
names, in its room. What its user hides, or does not expose to Assist, is not shown; neither is what
this appliance announces. While Home Assistant is away, what was last learned from it goes on counting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from appliance.home.entities import Area, Device, Entity, House
from appliance.home.hass.model import Known, Model, Twin, is_own

UNAVAILABLE, UNKNOWN = "unavailable", "unknown"
CAPABILITIES = frozenset(
    {
        *("supported_features", "supported_color_modes", "min_color_temp_kelvin", "max_color_temp_kelvin"),
        *(
            "effect_list",
            "percentage_step",
            "preset_modes",
            "hvac_modes",
            "fan_modes",
            "swing_modes",
            "min_temp",
        ),
        *(
            "max_temp",
            "target_temp_step",
            "min_humidity",
            "max_humidity",
            "available_modes",
            "options",
            "min",
        ),
        *("max", "step", "device_class", "unit_of_measurement", "temperature_unit", "available_tones"),
    }
)
"""Attributes that say what a thing can do; Home Assistant's count also while the broker's state does."""
KINDS = frozenset({"device_class", "unit_of_measurement"})
"""Attributes that say what a thing is; Home Assistant's count even while it is away."""


class Part(msgspec.Struct, frozen=True):
    """Who has an entity, and under which ids; `owner` does its deeds now."""

    owner: Literal["broker", "hass"]
    broker: str = ""
    hass: str = ""


class Union(msgspec.Struct, frozen=True):
    """The merged house, and whose each entity is, by its id there."""

    house: House
    parts: Mapping[str, Part]


class Side(msgspec.Struct, frozen=True):
    """One adapter's house, and whether its far end is there."""

    house: House
    connected: bool


def merge(
    broker: Side, hass: Side, identities: Mapping[str, Twin], model: Model, own_prefix: str = ""
) -> Union:
    """`identities`: component and unique id of the broker's entities by id; some have none."""
    theirs = {entity.id: entity for entity in hass.house.entities}
    areas = _Areas(hass.house, broker.house)
    entities: dict[str, Entity] = {}
    parts: dict[str, Part] = {}
    alone: list[Entity] = []
    for entity in broker.house.entities:
        twin = identities.get(entity.id)
        if twin and (twin in model.hidden or is_own(twin[1], own_prefix)):
            continue
        known = _counterpart(entity, twin, model)
        if known is None:
            alone.append(entity)
            continue
        both = _both(entity, theirs.get(known.id), known, hass.connected, areas)
        usable = broker.connected and entity.state != UNAVAILABLE
        owner: Literal["broker", "hass"] = "broker" if usable or not hass.connected else "hass"
        entities[known.id], parts[known.id] = both, Part(owner, entity.id, known.id)
    for entity_id, entity in theirs.items():
        if entity_id not in entities:
            entities[entity_id], parts[entity_id] = entity, Part("hass", "", entity_id)
    for entity in alone:
        free = _free(entity.id, entities)
        moved = msgspec.structs.replace(entity, id=free, area=areas.of(entity.area))
        entities[free], parts[free] = moved, Part("broker", entity.id)
    return Union(_house(broker.house, hass.house, entities, areas), parts)


def _counterpart(entity: Entity, twin: Twin | None, model: Model) -> Known | None:
    """Home Assistant's entry for it: of the same unique id; without any, of the same entity id."""
    if twin is not None:
        return model.known.get(model.twins.get(twin, ""))
    same = model.known.get(entity.id)
    return same if same is not None and not same.registered else None


def _both(ours: Entity, theirs: Entity | None, known: Known, hass_connected: bool, areas: _Areas) -> Entity:
    """One entity: names and room of Home Assistant, the state of whichever side knows it."""
    names = theirs or ours
    alive = _says(ours) or not (hass_connected and theirs is not None and _says(theirs))
    if alive:
        told = theirs.attributes if theirs is not None else {}
        counted = CAPABILITIES if hass_connected else KINDS
        attributes = {**ours.attributes, **{key: value for key, value in told.items() if key in counted}}
        state = ours.state
    else:
        assert theirs is not None
        attributes, state = theirs.attributes, theirs.state
    name = names.name if theirs is not None else known.name or ours.name
    aliases = dict.fromkeys((*known.aliases, *ours.aliases))
    return Entity(
        id=known.id,
        name=name,
        domain=ours.domain,
        aliases=tuple(alias for alias in aliases if alias != name),
        area=known.area or areas.of(ours.area),
        device=known.device,
        state=state,
        attributes=attributes,
    )


def _says(entity: Entity) -> bool:
    return entity.state not in {UNAVAILABLE, UNKNOWN, None}


def _free(wish: str, taken: Mapping[str, object]) -> str:
    number, candidate = 1, wish
    while candidate in taken:
        number += 1
        candidate = f"{wish}_{number}"
    return candidate


class _Areas:
    """Home Assistant's rooms, and those of the broker that it does not have under the same name."""

    def __init__(self, hass: House, broker: House) -> None:
        by_name = {_plain(name): area.id for area in hass.areas for name in (*area.aliases, area.name)}
        self.all: dict[str, Area] = {area.id: area for area in hass.areas}
        self._ids: dict[str, str] = {}
        for area in broker.areas:
            same = by_name.get(_plain(area.name))
            if same is None:
                same = _free(area.id, self.all)
                self.all[same] = msgspec.structs.replace(area, id=same)
            self._ids[area.id] = same

    def of(self, broker_area: str | None) -> str | None:
        """The merged house's id for a room of the broker's house."""
        return self._ids.get(broker_area) if broker_area is not None else None


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _house(broker: House, hass: House, entities: Mapping[str, Entity], areas: _Areas) -> House:
    """In the order of ids, with the devices that are still used."""
    used = {entity.device for entity in entities.values()}
    devices: dict[str, Device] = {device.id: device for device in hass.devices}
    for device in broker.devices:
        devices.setdefault(device.id, msgspec.structs.replace(device, area=areas.of(device.area)))
    return House(
        name=broker.name,
        language=broker.language,
        floors=hass.floors,
        areas=tuple(areas.all[key] for key in sorted(areas.all)),
        devices=tuple(devices[key] for key in sorted(devices) if key in used),
        entities=tuple(entities[key] for key in sorted(entities)),
    )
