"""The names of a house as lists for hassil, and which entities each name means.

Names come from devices and people: they are plain text here, never templates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from appliance.home.entities import Area, Entity, Floor, House
from appliance.understanding.grammar import spoken
from appliance.understanding.numbers import spelled, words_only

MAX_NAME_CHARS = 100
Signature = tuple[object, ...]


def signature(house: House) -> Signature:
    """Everything of a house that can be named, by its kind too; equal signatures need no new lists."""
    entities = tuple(
        (*_names(each), str(each.attributes.get("device_class") or "")) for each in house.entities
    )
    return (house.language, house.floors, house.areas, house.devices, entities)


def _names(entity: Entity) -> Signature:
    return entity.id, entity.name, entity.domain, entity.aliases, entity.area, entity.device


def entity_area(entity: Entity, device_areas: dict[str, str]) -> str | None:
    """Where an entity is: its own area, or that of its device."""
    return entity.area or (device_areas.get(entity.device) if entity.device else None)


def device_areas(house: House) -> dict[str, str]:
    """Area by device id; an id that stands for several devices says nothing."""
    times = Counter(device.id for device in house.devices)
    return {each.id: each.area for each in house.devices if each.area and times[each.id] == 1}


class Vocabulary:
    """Lists of one house in one language."""

    def __init__(self, house: House, language: str) -> None:
        from hassil import TextSlotList

        self._language = language
        of_devices = device_areas(house)
        self.areas = {entity.id: entity_area(entity, of_devices) for entity in house.entities}
        own = [(text, each) for each in house.entities for text in self._said(each.name, each.aliases)]
        self._ids: dict[str, set[str]] = defaultdict(set)
        for text, entity in own:
            self._ids[text.casefold()].add(entity.id)
        named = frozenset(self._ids)
        with_room = [(text, each) for text, each in self._with_room(house) if text.casefold() not in named]
        for text, entity in with_room:
            self._ids[text.casefold()].add(entity.id)
        names = dict.fromkeys((text, entity.domain) for text, entity in own + with_room)
        self.lists: dict[str, Any] = {
            "name": TextSlotList.from_tuples(
                ((text, text.casefold(), {"domain": domain}) for text, domain in names),
                allow_template=False,
                name="name",
            ),
            "area": self._places("area", house.areas),
            "floor": self._places("floor", house.floors),
        }

    def entity_ids(self, key: str) -> set[str]:
        """Ids of the entities that are called so."""
        return self._ids.get(key, set())

    def _with_room(self, house: House) -> Iterator[tuple[str, Entity]]:
        """Say "bathroom fan" for the fan in the bathroom; what somebody named so himself comes first."""
        rooms = {area.id: area.name for area in house.areas}
        for entity in house.entities:
            room = rooms.get(self.areas[entity.id] or "")
            if room and not entity.name.casefold().startswith(room.casefold()):
                for text in self._said(f"{room} {entity.name}", ()):
                    yield text, entity

    def _places(self, kind: str, places: Iterable[Area] | Iterable[Floor]) -> Any:
        from hassil import TextSlotList

        pairs = [(text, place.id) for place in places for text in self._said(place.name, place.aliases)]
        return TextSlotList.from_tuples(pairs, allow_template=False, name=kind)

    def _said(self, name: str, aliases: Iterable[str]) -> Iterator[str]:
        """Every way to say a name: as written, as words only, with its numbers as words."""
        found: dict[str, None] = {}
        for text in (name, *aliases):
            written = " ".join(text[:MAX_NAME_CHARS].split())
            plain = words_only(written)
            for form in (written, plain, spelled(plain, self._language)):
                found[form] = None
            if self._language == "en":
                found[spoken(written)] = None
        return (form for form in found if words_only(form))
