"""Answers to questions about a house, from its states. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.home.entities import Entity
from appliance.understanding.resolution import facts, measuring
from appliance.understanding.resolution.asking import Question
from appliance.understanding.resolution.describing import Describer
from appliance.understanding.resolution.index import bits
from appliance.understanding.resolution.targets import Target
from appliance.understanding.resolution.wishes import place_only
from appliance.understanding.resolution.words import listed

MAX_LISTED = 6


class Answerer(Describer):
    """Answers about one house."""

    def answer(self, question: Question, near: str) -> str:
        """The answer in words; "" when there is none."""
        if question.more and question.kind in {"weather", "where", "who", "items"}:
            return ""
        match question.kind:
            case "yesno":
                return self._yes_or_no(question, near)
            case "which":
                return self._which(question, near)
            case "count":
                return self._count(question, near)
            case "value" | "weather":
                return self._value(question, near)
            case "where":
                return self._where(question)
            case "who":
                return self._who(question)
            case "items":
                return self._items(question)
            case "describe":
                return self._described(question, near)

    # --- who is meant ----------------------------------------------------------------------------------

    def _that_can(self, state: str) -> int:
        entities = self._house.entities
        return sum(1 << at for at, each in enumerate(entities) if facts.holds(each, state) is not None)

    def _stateful(self, question: Question, near: str) -> tuple[list[Entity], bool]:
        able = self._that_can(question.state)
        target = question.target
        if (
            not target.words
            and not target.every
            and not target.scope
            and question.quantity == ""
            and question.kind == "yesno"
        ):
            return self._unnamed(able, question, near)
        if not target.words and question.state in {"on", "off"}:
            able &= ~self._index.domains.get("binary_sensor", 0) & ~self._index.domains.get("automation", 0)
        return self._pools(able, (target, *question.more), near)

    def _unnamed(self, able: int, question: Question, near: str) -> tuple[list[Entity], bool]:
        """Such as "is it raining", "is anyone home": the state says what it is about."""
        if question.state in {"on", "off", "open", "closed", "locked", "unlocked", "running"}:
            return [], False
        here = able & self._index.areas.get(near, 0) if question.target.scope == "here" else able
        return [self._house.entities[each] for each in bits(here)], False

    # --- states ----------------------------------------------------------------------------------------

    def _yes_or_no(self, question: Question, near: str) -> str:
        found, _ = self._stateful(question, near)
        if not found:
            return self._otherwise(question, near)
        state = question.state
        yes = [each for each in found if facts.holds(each, state)]
        no = [each for each in found if each not in yes]
        if len(found) == 1:
            return self._about_one(found[0], state, holds=bool(yes))
        return self._about_several(yes, no, state, question.quantity)

    def _otherwise(self, question: Question, near: str) -> str:
        everyone, _ = (
            self._pool(self._index.everyone, question.target, near) if question.target.words else ([], False)
        )
        return self._one_described(everyone[0], everyone) if len(everyone) == 1 else ""

    def _about_one(self, entity: Entity, state: str, *, holds: bool) -> str:
        if entity.domain == "weather":
            return self._say("yes" if holds else "no") + f", {self._weather_words(entity)}."
        if state == "low":
            key = "low" if holds else "not_low"
            return self._say("yes_one" if holds else "no_one", name=entity.name, state=self._state(key))
        shown = self._state(state) if holds else self._actual(entity, state)
        return self._say("yes_one" if holds else "no_one", name=entity.name, state=shown)

    def _actual(self, entity: Entity, state: str) -> str:
        """In which state it is instead."""
        opposite = facts.OPPOSITES.get(state)
        if opposite and entity.domain not in {"media_player", "climate", "vacuum"}:
            return self._state(opposite)
        return self._plain_state(entity) if entity.domain != "binary_sensor" else self._not(state)

    def _about_several(self, yes: Sequence[Entity], no: Sequence[Entity], state: str, quantity: str) -> str:
        names = self._names(yes)
        shown = self._state(state)
        if not yes:
            return self._say("no_none", state=shown)
        if not no:
            return self._say("yes_all", count=len(yes), state=shown, names=names)
        if quantity == "all" or (not quantity and state in _KEPT):
            opposite = facts.OPPOSITES.get(state)
            verb = self._state("is" if len(no) == 1 else "are")
            other = self._state(opposite) if opposite else self._not(state)
            return self._say("no_some", names=self._names(no), verb=verb, other=other)
        if len(yes) == 1:
            return self._say("yes_one_of", names=names, state=shown)
        return self._say("yes_some", count=len(yes), total=len(yes) + len(no), state=shown, names=names)

    def _which(self, question: Question, near: str) -> str:
        found, _ = self._stateful(question, near)
        if not found:
            return ""
        yes = [each for each in found if facts.holds(each, question.state)]
        shown = self._state(question.state)
        if not yes:
            return self._say("none", state=shown)
        if question.state == "playing" and len(yes) <= MAX_LISTED:
            return " ".join(self._one_described(each, yes) for each in yes)
        key = "which_one" if len(yes) == 1 else "which_many"
        return self._say(key, names=self._names(yes), state=shown, count=len(yes))

    def _count(self, question: Question, near: str) -> str:
        if not question.state:
            return self._how_many_there_are(question, near)
        found, _ = self._stateful(question, near)
        if not found:
            return ""
        yes = [each for each in found if facts.holds(each, question.state)]
        shown = self._state(question.state)
        if not yes:
            return self._say("count_none", verb=self._state("are"), state=shown)
        return self._say("count", count=len(yes), names=self._names(yes), state=shown)

    def _how_many_there_are(self, question: Question, near: str) -> str:
        items = self._list_items(question.target)
        if items is not None:
            return self._say(
                "count_things", count=len(items[1]), names=listed(self._language, items[1]) or items[0]
            )
        if not question.target.words:
            return ""
        found, _ = self._pool(self._index.everyone, question.target, near)
        return self._say("count_things", count=len(found), names=self._names(found)) if found else ""

    # --- measurements ----------------------------------------------------------------------------------

    def _value(self, question: Question, near: str) -> str:
        if question.kind == "weather":
            return self._weather(question)
        for prop in (question.prop, *_RELATED.get(question.prop, ())):
            if text := self._measured(prop, question, near):
                return text
        return ""

    def _measured(self, prop: str, question: Question, near: str) -> str:
        entities = self._house.entities
        able = sum(1 << at for at, each in enumerate(entities) if measuring.measured(each, prop) is not None)
        if question.outside and not question.target.words:
            able = self._outdoors(able)
        else:
            able = able & ~self._index.domains.get("weather", 0) or able
        if not able:
            return ""
        found, by_chance = self._measurers(able, question, near)
        if not found or (by_chance and len(found) > MAX_LISTED):
            return ""
        return self._values(found, prop)

    def _measurers(self, able: int, question: Question, near: str) -> tuple[list[Entity], bool]:
        if question.target.words:
            targets = [
                msgspec.structs.replace(each, every=each.every or place_only(each, self._index))
                for each in (question.target, *question.more)
            ]
            return self._pools(able, targets, near)
        here = able & self._index.areas.get(near, 0) if near else 0
        mask = here or able
        return [self._house.entities[each] for each in bits(mask)], True

    def _outdoors(self, able: int) -> int:
        weather = able & self._index.domains.get("weather", 0)
        if weather:
            return weather
        outside = {
            "outside",
            "outdoor",
            "outdoors",
            "garden",
            "patio",
            "terrace",
            "balcony",
            "draussen",
            "garten",
        }
        return sum(
            1 << each
            for each in bits(able)
            if any(outside & set(name) for name in self._index.names[each])
            or outside & set(self._index.area_words.get(self._index.area_of[each], ()))
        )

    def _values(self, found: Sequence[Entity], prop: str) -> str:
        texts = {each.id: self._shown(each, prop) for each in found}
        if len(set(texts.values())) == 1 or len(found) == 1:
            first = found[0]
            place = self._places.get(self._index.area_of[self._index.ids.index(first.id)], "")
            if (
                prop in {"temperature", "humidity"}
                and place
                and place.casefold() not in first.name.casefold()
            ):
                return self._say("value", name=f"{first.name} ({place})", value=texts[first.id])
            return self._say("value", name=first.name, value=texts[first.id])
        return " ".join(
            self._say("value", name=self._name(each, found), value=texts[each.id])
            for each in found[:MAX_LISTED]
        )

    def _weather(self, question: Question) -> str:
        able = self._index.domains.get("weather", 0)
        if not able:
            return ""
        found, _ = self._pool(able, question.target, "") if question.target.words else (
            [self._house.entities[each] for each in bits(able)], False,
        )  # fmt: skip
        return f"{self._weather_words(found[0])}." if found else ""

    # --- people, lists, descriptions --------------------------------------------------------------------

    def _where(self, question: Question) -> str:
        able = self._index.domains.get("person", 0) | self._index.domains.get("device_tracker", 0)
        found, _ = self._pool(able, question.target, "")
        if len(found) == 1:
            return self._whereabouts(found[0])
        found, _ = self._pool(self._index.everyone, question.target, "")
        place = (
            self._places.get(self._index.area_of[self._index.ids.index(found[0].id)], "")
            if len(found) == 1
            else ""
        )
        if not place:
            return ""
        return self._say("value", name=found[0].name, value=f"{place}, {self._plain_state(found[0])}")

    def _who(self, question: Question) -> str:
        if question.state not in {"home", "away"}:
            return ""
        people = [each for each in self._house.entities if each.domain == "person"]
        home = [each.name for each in people if facts.holds(each, question.state)]
        if not people:
            return ""
        if not home:
            return (
                self._say("nobody")
                if question.state == "home"
                else self._say("none", state=self._state("away"))
            )
        verb = self._state("is" if len(home) == 1 else "are")
        names = listed(self._language, home)
        return (
            self._say("who", names=names, verb=verb)
            if question.state == "home"
            else self._say("which_one", names=names, state=self._state("away"))
        )

    def _list_items(self, target: Target) -> tuple[str, list[str]] | None:
        """Name and open items of the list that is meant."""
        able = self._index.domains.get("todo", 0)
        if not able or not target.words:
            return None
        words = tuple(
            token for token in target.words if token.stem not in {"item", "thing", "task", "artikel"}
        )
        found, by_chance = self._pool(able, Target(words), "")
        if len(found) != 1 or by_chance:
            return None
        listed_items = found[0].attributes.get("todo_items") or found[0].attributes.get("items") or []
        items = [
            str(each.get("summary", "") if isinstance(each, dict) else each)
            for each in listed_items
            if not (isinstance(each, dict) and each.get("status") == "completed")
        ]
        return found[0].name, items

    def _items(self, question: Question) -> str:
        found = self._list_items(question.target)
        if found is None:
            return ""
        name, items = found
        if not items:
            return self._say("nothing_on_list", name=name)
        return self._say("on_list", name=name, names=listed(self._language, items))

    def _described(self, question: Question, near: str) -> str:
        found, by_chance = self._pools(self._index.everyone, (question.target, *question.more), near)
        if len(found) > MAX_LISTED and not by_chance:
            return self._say("count_things", count=len(found), names=self._names(found))
        if not found or len(found) > (3 if by_chance else MAX_LISTED):
            return ""
        return " ".join(self._one_described(each, found) for each in found)


_KEPT = frozenset({"closed", "locked", "off", "dry", "armed"})
"""Asked of several things, these are hoped to hold for all of them."""
_RELATED = {
    "brightness": ("illuminance",),
    "moisture": ("humidity",),
    "air": ("pm25",),
    "target": ("temperature",),
    "title": ("artist", "app", "source"),
    "mode": ("preset",),
    "current": ("power",),
    "speed": ("wind",),
    "energy": ("power",),
    "power": ("energy",),
}
