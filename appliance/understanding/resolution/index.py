"""The words of a house, and which entities each stands for. Built once for a house; sets are bit masks.

Bit i of a mask is entity i of the house. Sizes are bounded by the house, which is bounded when it is read.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from appliance.home.entities import Entity, House
from appliance.understanding.resolution.lexicon import Lexicon, Phrase, TypeWord
from appliance.understanding.resolution.spelling import allowed_slips, misspelt
from appliance.understanding.resolution.tokens import Token, name_words, tokenize

MAX_NAME_CHARS = 100
MAX_ALIASES = 12


class Place(msgspec.Struct, frozen=True):
    """An area or a floor that a phrase stands for."""

    mask: int
    name: str
    cost: float = 0.0
    area: str = ""


def bits(mask: int) -> Iterator[int]:
    """Numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _class(entity: Entity) -> str:
    """The device class; of thermostats, whether they heat or cool."""
    if entity.domain != "climate":
        return str(entity.attributes.get("device_class") or "none")
    modes = entity.attributes.get("hvac_modes")
    if not isinstance(modes, list):
        return "none"
    able = [name for mode, name in (("heat", "heats"), ("cool", "cools")) if mode in modes]
    return "_".join(able) or "none"


class HouseIndex:
    """Names, places and kinds of one house in one language."""

    def __init__(self, house: House, areas: dict[str, str | None], lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.ids = tuple(entity.id for entity in house.entities)
        self.everyone = (1 << len(self.ids)) - 1
        self.area_of = tuple(areas.get(entity.id) or "" for entity in house.entities)
        self.domains: dict[str, int] = defaultdict(int)
        self.names: list[tuple[Phrase, ...]] = []
        self.by_word: dict[str, int] = defaultdict(int)
        self.by_device_word: dict[str, int] = defaultdict(int)
        self.by_name: dict[Phrase, int] = defaultdict(int)
        self.pairs: set[Phrase] = set()
        self.written: set[Phrase] = set()
        self.areas: dict[str, int] = defaultdict(int)
        self.area_words: dict[str, Phrase] = {}
        self.places: dict[Phrase, list[Place]] = defaultdict(list)
        self.by_place_word: dict[str, list[Place]] = defaultdict(list)
        self._classes = tuple(_class(each) for each in house.entities)
        self._types: dict[tuple[str, int], int] = {}
        self._near: dict[str, tuple[tuple[str, int], ...]] = {}
        self._add_entities(house)
        self._add_places(house)
        self.longest = max((len(each) for each in (*self.by_name, *self.places)), default=1)
        self._words = sorted({*self.by_word, *self.by_place_word})

    # --- building ----------------------------------------------------------------------------------------

    def _add_entities(self, house: House) -> None:
        devices = {device.id: device.name for device in house.devices}
        for number, entity in enumerate(house.entities):
            bit = 1 << number
            self.domains[entity.domain] |= bit
            if area := self.area_of[number]:
                self.areas[area] |= bit
            self.names.append(tuple(self._names(entity)))
            for name in self.names[-1]:
                self.by_name[name] |= bit
                self.pairs.update(itertools.pairwise(name))
                for word in name:
                    self.by_word[word] |= bit
            for word in name_words(devices.get(entity.device or "", "")[:MAX_NAME_CHARS], self.lexicon):
                self.by_device_word[word] |= bit

    def _names(self, entity: Entity) -> Iterator[Phrase]:
        for name in (entity.name, *entity.aliases[:MAX_ALIASES]):
            tokens = tokenize(name[:MAX_NAME_CHARS].replace("_", " "), self.lexicon)
            if words := tuple(token.stem for token in tokens if not token.pause):
                self.written.add(tuple(token.text for token in tokens if not token.pause))
                yield words

    def _add_places(self, house: House) -> None:
        floors: dict[str, int] = defaultdict(int)
        taken: dict[Phrase, tuple[int, str, str]] = {}
        for area in house.areas:
            mask = self.areas.get(area.id, 0)
            self.area_words[area.id] = name_words(area.name[:MAX_NAME_CHARS], self.lexicon)
            if area.floor:
                floors[area.floor] |= mask
            for name in (area.name, *area.aliases[:MAX_ALIASES]):
                taken[self._place(name, mask, area.name, area.id)] = (mask, area.name, area.id)
        for floor in house.floors:
            mask = floors.get(floor.id, 0)
            for name in (floor.name, *floor.aliases[:MAX_ALIASES]):
                words = self._place(name, mask, floor.name, "")
                taken[words] = (mask, floor.name, "")
                if len(words) == 1:
                    self._place(
                        f"{name} {'floor' if self.lexicon.language == 'en' else 'stock'}", mask, name, ""
                    )
        self._add_other_names(taken)

    def _place(self, name: str, mask: int, shown: str, area: str) -> Phrase:
        words = name_words(name[:MAX_NAME_CHARS], self.lexicon)
        if not words:
            return words
        self.places[words].append(Place(mask, shown, 0.0, area))
        self.pairs.update(itertools.pairwise(words))
        for word in words:
            if all(place.name != shown for place in self.by_place_word[word]):
                self.by_place_word[word].append(Place(mask, shown, 0.6, area))
        return words

    def _add_other_names(self, taken: dict[Phrase, tuple[int, str, str]]) -> None:
        """The lounge is the living room, unless there is a lounge, or several that it might be."""
        for group in self.lexicon.rooms:
            phrases = [tuple(self.lexicon.stem(word) for word in name.split()) for name in group]
            there = [taken[phrase] for phrase in phrases if phrase in taken]
            if len({shown for _, shown, _ in there}) != 1:
                continue
            mask, shown, area = there[0]
            for phrase in phrases:
                if phrase not in taken and phrase not in self.by_name:
                    self.places[phrase].append(Place(mask, shown, 0.2, area))

    # --- looking up --------------------------------------------------------------------------------------

    def of_type(self, word: TypeWord, level: int) -> int:
        """The entities of this kind; a level beyond the last is the last."""
        level = min(level, len(word.levels) - 1)
        key = (word.key, level)
        if key not in self._types:
            mask = 0
            for domain, classes in (pair for each in word.levels[: level + 1] for pair in each):
                members = self.domains.get(domain, 0)
                if classes:
                    members = sum(1 << each for each in bits(members) if self._classes[each] in classes)
                mask |= members
            self._types[key] = mask
        return self._types[key]

    def near(self, token: Token) -> tuple[tuple[str, int], ...]:
        """Words of the house that this one may be a misspelling of, with the number of slips."""
        word = token.stem
        if word in self._near:
            return self._near[word]
        found: tuple[tuple[str, int], ...] = ()
        if not self._is_a_word(token) and allowed_slips(token.text):
            tried = ((each, misspelt(word, each)) for each in self._words if len(each) >= 4)
            kept = [(each, number) for each, number in tried if number]
            fewest = min((number for _, number in kept), default=0)
            found = tuple((each, number) for each, number in kept if number == fewest)
        if len(self._near) < 1_000:
            self._near[word] = found
        return found

    def corrected(self, token: Token) -> Token:
        """The word of the house that this one is a misspelling of, when there is only one."""
        if token.number is not None or token.pause:
            return token
        found = self.near(token)
        if not found:
            own = {word for word in self.lexicon.correctable if misspelt(token.text, word)}
            known = self._is_a_word(token) or len(own) != 1
            return (
                token
                if known
                else msgspec.structs.replace(
                    token, text=next(iter(own)), stem=self.lexicon.stem(next(iter(own)))
                )
            )
        if len(found) != 1:
            return token
        word, slips = found[0]
        return msgspec.structs.replace(token, text=word, stem=word, slips=slips)

    def _is_a_word(self, token: Token) -> bool:
        """Known in its own right, so that it is not taken for another."""
        lexicon = self.lexicon
        return (
            token.stem in self.by_word
            or token.stem in self.by_place_word
            or (token.text,) in lexicon.phrases
            or (token.stem,) in lexicon.types
            or token.text in lexicon.never_misspelt
            or token.stem in lexicon.never_misspelt
        )

    def named_spans(self, tokens: Sequence[Token]) -> list[tuple[int, int]]:
        """Where whole names of two words or more stand, longest first at each place."""
        found = []
        at = 0
        while at < len(tokens):
            length = self._span(tokens, at)
            if length:
                found.append((at, at + length))
            at += length or 1
        return found

    def _span(self, tokens: Sequence[Token], at: int) -> int:
        for length in range(min(self.longest, len(tokens) - at), 1, -1):
            words = tuple(token.stem for token in tokens[at : at + length])
            if words in self.by_name or words in self.places:
                return length
        return 0
