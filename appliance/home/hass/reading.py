"""Reads what Home Assistant has: units, rooms, devices, entities, exposure, services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from appliance.home.hass import protocol
from appliance.home.hass.model import Registries, candidates
from appliance.home.hass.protocol import (
    AreaRow,
    ConfigRow,
    DeviceRow,
    EntityRow,
    Exposed,
    ExposedList,
    ExposeNew,
    FloorRow,
    MoreOfEntity,
)
from appliance.home.hass.session import Rejected, Session

AT_ONCE = 500
CONVERSATION = "conversation"
UNAUTHORIZED = "unauthorized"

Row = TypeVar("Row")
FaultSink = Callable[[str, str], None]


async def config(session: Session) -> ConfigRow:
    """Home Assistant's state and units. Raises Rejected, Lost, TimeoutError, Malformed."""
    return protocol.one(await session.ask("get_config", {}), ConfigRow)


async def registries(session: Session, temperature_unit: str, fault: FaultSink) -> Registries:
    """Everything that decides what is shown. Raises Rejected, Lost, TimeoutError, Malformed.

    Only administrators may ask which entities are exposed. With another token, entities that have no registry
    entry are not shown, nor those about which nobody has decided.
    """
    floors, areas, devices, entities, (exposed, expose_new) = await asyncio.gather(
        _rows(session, "config/floor_registry/list", FloorRow, fault),
        _rows(session, "config/area_registry/list", AreaRow, fault),
        _rows(session, "config/device_registry/list", DeviceRow, fault),
        _rows(session, "config/entity_registry/list", EntityRow, fault),
        _exposed(session, fault),
    )
    return Registries(
        floors=tuple(floors),
        areas=tuple(areas),
        devices=tuple(devices),
        entities=tuple(entities),
        more=await _more(session, candidates(entities, exposed), fault),
        exposed=exposed,
        expose_new=expose_new,
        temperature_unit=temperature_unit,
    )


async def services(session: Session) -> frozenset[tuple[str, str]]:
    """All (domain, service) that can be called. Raises Rejected, Lost, TimeoutError, Malformed."""
    domains, _ = protocol.table(await session.ask("get_services", {}), dict[str, msgspec.Raw])
    return frozenset((domain, service) for domain, found in domains.items() for service in found)


async def _rows(session: Session, kind: str, row: type[Row], fault: FaultSink) -> list[Row]:
    """A registry."""
    found, misfits = protocol.rows(await session.ask(kind, {}), row)
    if misfits:
        fault("row", f"{misfits} of {kind} cannot be read")
    return found


async def _exposed(session: Session, fault: FaultSink) -> tuple[frozenset[str], bool]:
    """Ids shown to voice assistants, and whether new ones are."""
    try:
        listed = protocol.one(await session.ask("homeassistant/expose_entity/list", {}), ExposedList)
        new = await session.ask("homeassistant/expose_new_entities/get", {"assistant": CONVERSATION})
    except Rejected as rejected:
        if rejected.fault.code == UNAUTHORIZED:
            fault("not an administrator", "the token's user may not ask which entities are exposed to Assist")
            return frozenset(), False
        raise
    rows, misfits = protocol.table(listed.exposed_entities, Exposed)
    if misfits:
        fault("row", f"{misfits} exposed entities cannot be read")
    ids = (entity_id for entity_id, row in rows.items() if row.conversation)
    exposed = frozenset(filter(protocol.is_entity_id, ids))
    return exposed, protocol.one(new, ExposeNew).expose_new


async def _more(session: Session, ids: list[str], fault: FaultSink) -> dict[str, MoreOfEntity]:
    """Aliases and device classes, which the list of the registry leaves out."""
    found: dict[str, MoreOfEntity] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = {"entity_ids": ids[start : start + AT_ONCE]}
        answer = await session.ask("config/entity_registry/get_entries", part)
        rows, misfits = protocol.table(answer, MoreOfEntity)
        if misfits:
            fault("row", f"{misfits} registry entries cannot be read")
        found |= rows
    return found
