"""Which entities a model is shown, and what it may do with each: as many as fit, in a fixed order. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import msgspec

from appliance.conversation import neutral, tools
from appliance.conversation.tools import Offer
from appliance.home.entities import Entity, House

MAX_SHOWN = 150
"""Entities in a prompt, whatever its limit in characters: a grammar has room for so many."""
MAX_FOUND = 8
"""Entities that are shown because the person's words name them."""
MAX_DISTINCT_VALUES = 12
"""Different arguments (ranges, lists of modes) in one grammar; offers beyond are left out."""
READ_ONLY = frozenset(
    {"binary_sensor", "sensor", "weather", "lock", "valve", "alarm_control_panel", "person"}
)
"""Shown to be asked about, never to be changed."""
_SEPARATOR_CHARS = 2
_WORD = re.compile(r"[^\W\d_]{3,}|\d+")


class Shown(msgspec.Struct, frozen=True):
    """An entity as a model sees it."""

    id: str
    name: str
    area: str
    offers: tuple[Offer, ...] = ()

    def line(self) -> str:
        """`light.desk` when the id says it all, else `light.x1 (Desk)`."""
        spoken = self.id.partition(".")[2].replace("_", " ")
        return self.id if spoken == self.name.casefold() or not self.name else f"{self.id} ({self.name})"


class Roster(msgspec.Struct, frozen=True):
    """All that one request shows."""

    shown: tuple[Shown, ...]

    def offer(self, tool: str, entity_id: str) -> Offer | None:
        """What was offered under this name for this entity."""
        offers = (offer for each in self.shown if each.id == entity_id for offer in each.offers)
        return next((offer for offer in offers if offer.tool == tool), None)

    def ids(self) -> frozenset[str]:
        """Everything that may be looked up."""
        return frozenset(each.id for each in self.shown)

    def plus(self, others: Iterable[Shown]) -> Roster:
        """With these behind, those that are in it already left out."""
        known = self.ids()
        return Roster(_bounded([*self.shown, *(each for each in others if each.id not in known)]))


def stable(house: House, marked: Collection[str], max_chars: int) -> Roster:
    """The same for the same names, rooms and abilities, whatever the states: what can be changed first."""
    by_id = _by_id(house)
    areas = {area.id: neutral.name(area.name) for area in house.areas}
    candidates = [shown for entity in by_id.values() if (shown := _show(entity, by_id, areas, marked))]
    candidates.sort(key=lambda each: (not each.offers, each.area.casefold(), each.id))
    chosen: list[Shown] = []
    left = max_chars
    for each in candidates:
        left -= len(each.line()) + _SEPARATOR_CHARS
        if left < 0 or len(chosen) >= MAX_SHOWN - MAX_FOUND:
            break
        chosen.append(each)
    return Roster(_bounded(sorted(chosen, key=lambda each: (each.area.casefold(), each.id))))


def found(house: House, marked: Collection[str], text: str) -> tuple[Shown, ...]:
    """What the person's words name, best first: by name, alias or room."""
    said = _words(text)
    if not said:
        return ()
    areas = {area.id: neutral.name(area.name) for area in house.areas}
    scored = [(_likeness(entity, areas, said), entity) for entity in house.entities]
    # What shares fewer words than the best is hardly meant, and would only be more to read.
    worth = max((score for score, _ in scored), default=0) * 2 / 3
    scored = sorted((each for each in scored if each[0] > worth), key=lambda each: (-each[0], each[1].id))
    by_id = _by_id(house)
    best = (_show(entity, by_id, areas, marked) for _, entity in scored[: 2 * MAX_FOUND])
    return tuple([each for each in best if each][:MAX_FOUND])


def _by_id(house: House) -> dict[str, Entity]:
    return {entity.id: entity for entity in house.entities}


def _show(
    entity: Entity, by_id: Mapping[str, Entity], areas: Mapping[str, str], marked: Collection[str]
) -> Shown | None:
    if not neutral.is_plain_id(entity.id) or by_id.get(entity.id) is not entity:
        return None
    offers = tools.offers(entity, by_id, marked)
    if not offers and entity.domain not in READ_ONLY:
        return None
    return Shown(entity.id, neutral.name(entity.name), areas.get(entity.area or "", ""), offers)


def _bounded(shown: list[Shown]) -> tuple[Shown, ...]:
    """With so few different arguments that a grammar can list them."""
    known: set[object] = set()
    kept: list[Shown] = []
    for each in shown[:MAX_SHOWN]:
        offers = tuple(offer for offer in each.offers if _has_room(known, offer))
        kept.append(each if offers == each.offers else msgspec.structs.replace(each, offers=offers))
    return tuple(kept)


def _has_room(known: set[object], offer: Offer) -> bool:
    if offer.value is None or offer.value in known:
        return True
    if len(known) >= MAX_DISTINCT_VALUES:
        return False
    known.add(offer.value)
    return True


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text[: neutral.MAX_WORDS_CHARS].casefold()))


def _likeness(entity: Entity, areas: Mapping[str, str], said: frozenset[str]) -> int:
    """How many of its words were said; those of its name count for more than its room's."""
    names = (entity.name, *entity.aliases[:8])
    own = max((len(_words(name) & said) for name in names), default=0)
    return 3 * own + len(_words(areas.get(entity.area or "", "")) & said)
