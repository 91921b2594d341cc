"""What the local socket can ask of the rooms: announcements and the intercom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.pipeline.conductor import Conductor

MAX_TEXT = 1_000
MAX_ROOMS = 256


class Rooms:
    """Handlers by name."""

    def __init__(self, conductor: Conductor, connect: Callable[[str, str], bool] | None = None) -> None:
        """`connect` opens the intercom; satellites must be told, so it is usually theirs."""
        self._conductor = conductor
        self._connect_rooms = connect or conductor.connect

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"announce": self._announce, "connect": self._connect, "hang_up": self._hang_up}

    def status(self) -> list[dict[str, Any]]:
        """Every place: its name, area, what it is doing, and why it is not searched for the wake word."""
        unsearched = self._conductor.unsearched
        sites = (self._conductor.place(name) for name in self._conductor.places())
        return [
            {
                "name": site.name,
                "area": site.area,
                "phase": site.phase.value,
                "not_searched": unsearched.get(site.name, ""),
            }
            for site in sites
            if site is not None
        ]

    async def _announce(self, request: Answer) -> Answer:
        text, rooms = request.get("text"), request.get("rooms", [])
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
            raise ControlError(f"announce needs a text of 1 to {MAX_TEXT} characters")
        if not isinstance(rooms, list) or len(rooms) > MAX_ROOMS:
            raise ControlError("announce: `rooms` is a list of names")
        names = tuple(self._name(room) for room in rooms)
        told = self._conductor.announce(text.strip(), names)
        if not told:
            raise ControlError(
                "nobody can be told: too much waits to be said already", "try again in a moment"
            )
        return {"rooms": list(told)}

    async def _connect(self, request: Answer) -> Answer:
        one, other = self._name(request.get("one")), self._name(request.get("other"))
        if not self._connect_rooms(one, other):
            raise ControlError(
                f"{one} and {other} cannot be connected now", "both must be idle, and not the same"
            )
        return {"connected": [one, other]}

    async def _hang_up(self, request: Answer) -> Answer:
        name = self._name(request.get("room"))
        self._conductor.hang_up(name)
        return {"room": name}

    def _name(self, wanted: object) -> str:
        """The place of this name or in this area. Raises ControlError with the names that there are."""
        names = self._conductor.places()
        if isinstance(wanted, str):
            if wanted in names:
                return wanted
            for name in names:
                site = self._conductor.place(name)
                if site is not None and site.area.casefold() == wanted.casefold() != "":
                    return name
        raise ControlError(f"there is no room {str(wanted)[:80]!r}", f"there are: {', '.join(names)[:500]}")
