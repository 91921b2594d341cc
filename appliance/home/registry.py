"""Which entities there are, and the house that they make: stable ids, areas, names. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from appliance.home.entities import Area, Device, Entity, House
from appliance.mqtt.announced import Announced, Announcement, Problem

MAX_SLUG_CHARS = 120
_OTHER = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Lower case letters, digits and single underscores; never empty."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("_", plain).strip("_")[:MAX_SLUG_CHARS].strip("_") or "unnamed"


class Change(msgspec.Struct, frozen=True):
    """What an announcement changed."""

    added: tuple[Announced, ...] = ()
    removed: tuple[Announced, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def anything(self) -> bool:
        """Is the house another one now?"""
        return bool(self.added or self.removed)


class Registry:
    """All announced entities, at most `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_topic: dict[str, dict[str, Announced]] = {}
        self._count = 0
        self._ids: dict[str, Announced] | None = None

    def __len__(self) -> int:
        return self._count

    def apply(self, announcement: Announcement) -> Change:
        """Take it as the whole truth about its topic; an unchanged entity is neither added nor removed."""
        old = self._by_topic.get(announcement.topic, {})
        room = self._limit - (self._count - len(old))
        wanted = {entity.key: entity for entity in announcement.entities[: max(0, room)]}
        problems = list(announcement.problems)
        if len(announcement.entities) > room:
            reason = f"there are {self._limit} entities already (home.max_entities)"
            problems.append(Problem("too many", announcement.topic, reason))
        added = tuple(entity for key, entity in wanted.items() if old.get(key) != entity)
        removed = tuple(entity for key, entity in old.items() if wanted.get(key) != entity)
        if added or removed:
            self._ids = None
        self._count += len(wanted) - len(old)
        if wanted:
            self._by_topic[announcement.topic] = wanted
        else:
            self._by_topic.pop(announcement.topic, None)
        return Change(added, removed, tuple(problems))

    def ids(self) -> Mapping[str, Announced]:
        """Entities by their ids. The same announcements give the same ids, in whatever order they came."""
        if self._ids is None:
            self._ids = _assign(entity for part in self._by_topic.values() for entity in part.values())
        return self._ids


def _assign(entities: Iterable[Announced]) -> dict[str, Announced]:
    """Ids in the order of the announcements' keys; who comes second gets a number, a second copy nothing."""
    ids: dict[str, Announced] = {}
    seen: set[tuple[str, str]] = set()
    for entity in sorted(entities, key=lambda entity: entity.key):
        identity = (entity.component, entity.unique_id)
        if entity.unique_id and identity in seen:
            continue
        seen.add(identity)
        wish = f"{entity.component}.{slug(entity.entity_id or entity.name)}"
        ids[_free(wish, ids)] = entity
    return ids


def _free(wish: str, taken: Mapping[str, object]) -> str:
    number = 1
    candidate = wish
    while candidate in taken:
        number += 1
        candidate = f"{wish}_{number}"
    return candidate


class Shown(msgspec.Struct, frozen=True):
    """An entity's state and attributes, as the house shows them."""

    state: str
    attributes: dict[str, object]


class Place(msgspec.Struct, frozen=True):
    """Where an entity belongs: ids of its area and its device."""

    area: str | None = None
    device: str | None = None


class Frame(msgspec.Struct, frozen=True):
    """A house without the states of its entities: what changes only with an announcement."""

    areas: tuple[Area, ...]
    devices: tuple[Device, ...]
    places: dict[str, Place]
    """By entity id, in the order of the ids."""


NOWHERE = Place()


def frame(ids: Mapping[str, Announced]) -> Frame:
    """Areas, devices, and who belongs where."""
    areas: dict[str, Area] = {}
    devices: dict[str, Device] = {}
    places: dict[str, Place] = {}
    device_ids = _device_ids(ids)
    shared: dict[str, Place] = {}
    for entity_id in sorted(ids):
        info = ids[entity_id].device
        if info is None:
            places[entity_id] = NOWHERE
            continue
        area = slug(info.suggested_area) if info.suggested_area else None
        if area:
            areas.setdefault(area, Area(area, info.suggested_area))
        device = device_ids[info.key]
        devices.setdefault(device, Device(device, info.name or ids[entity_id].name, area))
        place = shared.setdefault(f"{device} {area}", Place(area, device))
        places[entity_id] = place
    return Frame(
        tuple(areas[key] for key in sorted(areas)), tuple(devices[key] for key in sorted(devices)), places
    )


def entity(entity_id: str, announced: Announced, place: Place, view: Shown) -> Entity:
    """One entity of a house."""
    return Entity(
        id=entity_id,
        name=announced.name,
        domain=announced.component,
        aliases=announced.aliases,
        area=place.area,
        device=place.device,
        state=view.state,
        attributes=view.attributes,
    )


def house(ids: Mapping[str, Announced], shown: Mapping[str, Shown], name: str, language: str) -> House:
    """The house of these entities; `shown` is by id. Everything is in the order of its id."""
    outline = frame(ids)
    entities = (entity(key, ids[key], place, shown[key]) for key, place in outline.places.items())
    return framed(outline, tuple(entities), name, language)


def framed(outline: Frame, entities: tuple[Entity, ...], name: str, language: str) -> House:
    """A house of parts."""
    return House(
        name=name, language=language, areas=outline.areas, devices=outline.devices, entities=entities
    )


def _device_ids(ids: Mapping[str, Announced]) -> dict[str, str]:
    """A readable id for each device, made unique in the order of the devices' own keys."""
    names = {info.key: info.name or info.key for entity in ids.values() if (info := entity.device)}
    taken: Counter[str] = Counter()
    found: dict[str, str] = {}
    for key in sorted(names):
        wish = slug(names[key])
        taken[wish] += 1
        found[key] = wish if taken[wish] == 1 else f"{wish}_{taken[wish]}"
    return found
