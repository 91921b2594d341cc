"""What the local socket can ask of satellites: close a microphone, another loudness, silence."""

from __future__ import annotations

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.pipeline.places import Places
from appliance.satellites.hub import SatelliteHub


class SatelliteRequests:
    """Handlers by name."""

    def __init__(self, hub: SatelliteHub, places: Places) -> None:
        self._hub = hub
        self._places = places

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {
            "satellite_mute": self._mute,
            "satellite_volume": self._volume,
            "room_hush": self._hush,
        }

    async def _mute(self, request: Answer) -> Answer:
        name, muted = self._name(request), request.get("muted")
        if not isinstance(muted, bool):
            raise ControlError("satellite_mute needs `muted`, true or false")
        if not self._hub.mute(name, muted):
            raise ControlError(f"{name} cannot be muted from here", "it has no such switch, or is away")
        return {"name": name, "muted": muted}

    async def _volume(self, request: Answer) -> Answer:
        name, level = self._name(request), request.get("volume")
        if isinstance(level, bool) or not isinstance(level, int | float) or not 0.0 <= level <= 1.0:
            raise ControlError("satellite_volume needs a `volume` from 0 to 1")
        if not self._hub.volume(name, float(level)):
            raise ControlError(f"{name} takes no loudness from here", "it has no such control, or is away")
        return {"name": name, "volume": float(level)}

    async def _hush(self, request: Answer) -> Answer:
        """End what goes on in `room`, the name of any place."""
        room = request.get("room")
        place = self._places.place(room) if isinstance(room, str) else None
        if place is None:
            raise ControlError(f"there is no room {str(room)[:80]!r}", "see: appliance status")
        place.hush()
        return {"hushed": True}

    def _name(self, request: Answer) -> str:
        name = request.get("name")
        known = [info.name for info in self._hub.satellites()]
        if not isinstance(name, str) or name not in known:
            raise ControlError(
                f"there is no satellite {str(name)[:80]!r}", f"there are: {', '.join(known)[:500] or 'none'}"
            )
        return name
