"""What others may know of a satellite: `appliance status`, and its entities in Home Assistant."""

from __future__ import annotations

import msgspec

from appliance.satellites import protocol
from appliance.satellites.hub_satellite import Satellite


class SatelliteInfo(msgspec.Struct, frozen=True):
    """One satellite, for `status` and for Home Assistant."""

    name: str
    """The level of its topics."""
    title: str
    """For people."""
    area: str
    online: bool
    """It takes part."""
    refused: str
    """Why it does not, though it is connected."""
    state: str
    """`idle`, or where its run is."""
    muted: bool
    hardware_mute: bool
    volume: float | None
    capabilities: protocol.Capabilities | None
    health: protocol.Level
    searched: bool | None
    """Its audio is searched for the wake word here; None when it does that itself."""
    search_reason: str
    counters: dict[str, float]
    faults: dict[str, int]


def describe(satellite: Satellite, rate_dropped: int, faults: dict[str, int]) -> SatelliteInfo:
    """All of it, now."""
    able, search = satellite.capabilities, satellite.search
    return SatelliteInfo(
        name=satellite.name,
        title=(able.name if able else "") or satellite.name,
        area=able.area if able else "",
        online=satellite.place is not None,
        refused=satellite.refused,
        state=satellite.state,
        muted=satellite.mute.muted,
        hardware_mute=satellite.mute.hardware,
        volume=satellite.level_of_volume,
        capabilities=able,
        health=satellite.health,
        searched=search.on if search and able and not able.detects else None,
        search_reason=search.reason if search else "",
        counters={**msgspec.structs.asdict(satellite.counters), "rate_dropped": rate_dropped},
        faults=faults,
    )
