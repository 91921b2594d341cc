"""Entities and their states in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.home.entities import Entity, House
from appliance.understanding.replies import SPOKEN_UNITS
from appliance.understanding.resolution import facts, measuring
from appliance.understanding.resolution.finding import find
from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.targets import Search, Target
from appliance.understanding.resolution.words import listed, say, words
from appliance.understanding.targets import silent

_SKIES = ("stormy", "snowy", "rainy", "windy", "foggy", "cloudy", "sunny")

_DETAILS = {
    "light": ("brightness",), "climate": ("temperature", "target"), "media_player": ("title", "volume"),
    "cover": ("position",), "fan": ("speed",), "vacuum": ("battery",), "humidifier": ("humidity", "target"),
    "weather": ("temperature",), "water_heater": ("temperature", "target"), "valve": ("position",),
}  # fmt: skip


class Describer:
    """Describes what is in one house."""

    def __init__(self, house: House, index: HouseIndex) -> None:
        self._house = house
        self._index = index
        self._language = index.lexicon.language
        self._places = {area.id: area.name for area in house.areas}

    def _say(self, key: str, **given: object) -> str:
        return say(self._language, key, **given)

    def _state(self, name: str) -> str:
        return words(self._language).get(name, name.replace("_", " "))

    def _pool(self, able: int, target: Target, near: str) -> tuple[list[Entity], bool]:
        """The entities, and whether they are several by chance and not by wish."""
        search = Search(self._index, able, near=near, implied=able, together=self._index.everyone)
        found = find(target, search)
        if found.problem and found.problem != "several":
            return [], False
        return [self._house.entities[each] for each in bits(found.mask)], found.problem == "several"

    def _pools(self, able: int, targets: Sequence[Target], near: str) -> tuple[list[Entity], bool]:
        """The entities of several phrases; none when one of them means none."""
        found: dict[str, Entity] = {}
        by_chance = False
        for target in targets:
            pool, chance = self._pool(able, target, near)
            if not pool:
                return [], False
            found |= {each.id: each for each in pool}
            by_chance |= chance
        return list(found.values()), by_chance

    def _not(self, state: str) -> str:
        return words(self._language)["not_on"].replace("{state}", self._state(state))

    def _shown(self, entity: Entity, prop: str) -> str:
        value = measuring.measured(entity, prop)
        return measuring.shown(value, SPOKEN_UNITS.get(self._language, {})) if value is not None else ""

    def _weather_words(self, entity: Entity) -> str:
        state = next((name for name in _SKIES if facts.holds(entity, name)), "")
        parts = [self._state(state) if state else (entity.state or "").replace("-", " ")]
        parts += [self._shown(entity, prop) for prop in ("temperature",)]
        text = ", ".join(part for part in parts if part)
        return text[:1].upper() + text[1:]

    def _whereabouts(self, person: Entity) -> str:
        if person.state == "home":
            return self._say("where_home", name=person.name)
        if silent(person):
            return self._say("one_is", name=person.name, state=self._state("unknown"))
        if person.state == "not_home":
            return self._say("where_away", name=person.name)
        return self._say("where", name=person.name, place=person.state)

    def _one_described(self, entity: Entity, among: Sequence[Entity]) -> str:
        name = self._name(entity, among)
        if silent(entity):
            return self._say("one_is", name=name, state=self._state("unavailable"))
        if entity.domain == "sensor":
            unit = str(entity.attributes.get("unit_of_measurement") or "")
            unit = SPOKEN_UNITS.get(self._language, {}).get(unit, unit)
            return self._say("value", name=name, value=f"{entity.state} {unit}".strip())
        details = [text for prop in _DETAILS.get(entity.domain, ()) if (text := self._shown(entity, prop))]
        state = ", ".join([self._plain_state(entity), *dict.fromkeys(details)])
        return self._say("one_is", name=name, state=state)

    def _plain_state(self, entity: Entity) -> str:
        """Its state in words."""
        if entity.domain == "binary_sensor":
            for name in ("open", "locked", "motion", "wet", "smoke", "low"):
                found = facts.holds(entity, name)
                if found is not None:
                    return (
                        self._state(name)
                        if found
                        else self._state(facts.OPPOSITES.get(name, "")) or self._not(name)
                    )
        state = entity.state or ""
        return self._state({"not_home": "away"}.get(state, state))

    def _names(self, entities: Sequence[Entity]) -> str:
        return listed(self._language, [self._name(each, entities) for each in entities])

    def _name(self, entity: Entity, among: Sequence[Entity]) -> str:
        """With its room when another has the same name."""
        if sum(each.name == entity.name for each in among) < 2:
            return entity.name
        place = self._places.get(self._index.area_of[self._index.ids.index(entity.id)], "")
        return f"{entity.name} ({place})" if place else entity.name
