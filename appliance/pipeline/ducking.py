"""Music grows quiet in the room where somebody speaks to the appliance, and loud again afterwards."""

from __future__ import annotations

from collections.abc import Callable

from appliance.home.entities import Entity, House
from appliance.pipeline.hands import Hands
from appliance.pipeline.trace import TurnNote
from appliance.wire.messages import Deed

MAX_PLAYERS = 8
CLOSE = 0.02
"""Devices round the loudness that they are told."""


def quieter(house: House, area_id: str, factor: float) -> dict[str, tuple[float, float]]:
    """Players that play in this area: id → loudness now, and while somebody speaks. Pure."""
    if not area_id or factor >= 1.0:
        return {}
    playing = (each for each in house.entities if _plays(each) and each.area == area_id)
    levels = {each.id: float(each.attributes["volume_level"]) for each in playing}
    return {name: (level, round(level * factor, 2)) for name, level in list(levels.items())[:MAX_PLAYERS]}


def _plays(entity: Entity) -> bool:
    level = entity.attributes.get("volume_level")
    is_number = isinstance(level, int | float) and not isinstance(level, bool)
    return entity.domain == "media_player" and entity.state == "playing" and is_number


class Ducking:
    """Follows the turns of all rooms."""

    def __init__(
        self,
        hands: Hands,
        house: Callable[[], House],
        area_of: Callable[[str], str],
        factor: Callable[[], float],
    ) -> None:
        """`area_of`: room → area id; `factor`: what is left of the loudness, 1.0 is all of it."""
        self._hands = hands
        self._house = house
        self._area_of = area_of
        self._factor = factor
        self._lowered: dict[str, dict[str, tuple[float, float]]] = {}

    def note(self, note: TurnNote) -> None:
        """Something happened in a turn."""
        if note.kind == "listening" and note.site not in self._lowered:
            found = quieter(self._house(), self._area_of(note.site), self._factor())
            if found:
                self._lowered[note.site] = found
                self._set({name: low for name, (_, low) in found.items()})
        elif note.kind == "done":
            lowered = self._lowered.pop(note.site, {})
            self._set({name: level for name, (level, low) in lowered.items() if self._is_still(name, low)})

    def _is_still(self, name: str, low: float) -> bool:
        """Somebody may have changed it meanwhile, by voice or by hand: theirs counts."""
        entity = self._house().entity(name)
        level = entity.attributes.get("volume_level") if entity is not None else None
        return isinstance(level, int | float) and abs(level - low) <= CLOSE

    def _set(self, levels: dict[str, float]) -> None:
        deeds = tuple(
            Deed("media_player", "volume_set", (name,), {"volume_level": level})
            for name, level in levels.items()
        )
        if deeds:
            self._hands.start(deeds, lambda _: None)
