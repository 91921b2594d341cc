"""What can be said in a house: a speech grammar from its names. Pure.

The sentences are a subset of what hassil's English intents understand; names are written as they are
spoken (`spoken`). The grammar travels in one packet, so it has a size: names that do not fit are left out,
the least said first, and `compile_house` says which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from appliance.home.entities import Area, Entity, House
from appliance.understanding.patterns import FIXED_LISTS, ORDINALS, SMALL, number_words, patterns
from appliance.wire.messages import SetGrammar, SpeechGrammar, encode

MAX_GRAMMAR_BYTES = 96 * 1024
"""As encoded for the recogniser's stage; a packet may hold 128 KiB."""
LARGE_HOME_NAMES = 150
"""Above it only the plainest forms of each sentence are listened for."""
MAX_NAME_CHARS = 80
MAX_NAME_WORDS = 16

# --- words as they are spoken ----------------------------------------------------------------------------

_SYMBOLS = {"&": " and ", "%": " percent ", "+": " plus ", "°": " degrees ", "@": " at "}
_PIECE = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+|[^\W\d_]+(?:'[^\W\d_]+)*")


def _piece_words(piece: str) -> str:
    if piece.isdecimal():
        leading_zero = piece[0] == "0" and len(piece) > 1
        return " ".join(SMALL[int(digit)] for digit in piece) if leading_zero else number_words(int(piece))
    if piece[0].isdecimal():
        number = int(piece[:-2])
        return ORDINALS[number] if number < len(ORDINALS) else number_words(number)
    return piece


def spoken(text: str) -> str:
    """Lower case words without punctuation, digits as words, apostrophes only inside a word.

    At most `MAX_NAME_CHARS` characters of `text` are looked at.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_NAME_CHARS]).lower().replace("’", "'")
    text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    for symbol, words in _SYMBOLS.items():
        text = text.replace(symbol, words)
    return " ".join(_piece_words(piece) for piece in _PIECE.findall(text))


# --- the wake word in front ------------------------------------------------------------------------------


def wake_phrases(wake_words: Iterable[str]) -> tuple[str, ...]:
    """Each wake word and what remains when its beginning is cut off: "hey jarvis", "jarvis"."""
    found: dict[str, None] = {}
    for word in wake_words:
        words = spoken(word.replace("_", " ")).split()
        for start in range(len(words)):
            found[" ".join(words[start:])] = None
    return tuple(found)


def strip_wake(text: str, wake_words: Sequence[str]) -> str:
    """The sentence without a wake word, or the end of one, in front of it."""
    for phrase in sorted(wake_phrases(wake_words), key=len, reverse=True):
        if text == phrase:
            return ""
        if text.startswith(f"{phrase} "):
            return text[len(phrase) + 1 :]
    return text


# --- names by what can be done with them -----------------------------------------------------------------

_LIST_OF_DOMAIN = {
    "light": "light",
    "fan": "fan",
    "switch": "switch",
    "input_boolean": "switch",
    "humidifier": "switch",
    "siren": "switch",
    "automation": "switch",
    "camera": "switch",
    "cover": "cover",
    "valve": "cover",
    "lock": "lock",
    "media_player": "media",
    "climate": "climate",
    "water_heater": "climate",
    "scene": "scene",
    "script": "script",
    "button": "button",
    "input_button": "button",
    "vacuum": "vacuum",
    "lawn_mower": "vacuum",
    "weather": "weather",
    "sensor": "sensor",
    "binary_sensor": "binary",
    "person": "person",
}
"""A domain that is not here has nothing that can be said about it yet."""

_BY_IMPORTANCE = (
    "light", "switch", "fan", "cover", "lock", "media", "climate", "scene", "script", "vacuum", "button",
    "weather", "binary", "person", "sensor",
)  # fmt: skip
"""Names of the last are left out first."""


class Compiled(msgspec.Struct, frozen=True):
    """A house's speech grammar, and the names that did not fit in, with the reason in words."""

    grammar: SpeechGrammar
    dropped: tuple[str, ...]
    reason: str


def _usable(name: str) -> bool:
    return 0 < len(name.split()) <= MAX_NAME_WORDS


def _names(entity: Entity | Area) -> Iterator[str]:
    for name in (entity.name, *entity.aliases):
        if _usable(words := spoken(name)):
            yield words
            if words.startswith("smart "):  # no one says it
                yield words.removeprefix("smart ")


def _with_area(entity: Entity, area: str) -> Iterator[str]:
    """Such as "bathroom exhaust fan" for the exhaust fan of the bathroom."""
    for name in _names(entity):
        if area and not name.startswith(area) and _usable(f"{area} {name}"):
            yield f"{area} {name}"


def _places(house: House) -> Iterator[tuple[str, str]]:
    for area in house.areas:
        yield from (("area", name) for name in _names(area))
    for floor in house.floors:
        names = [words for name in (floor.name, *floor.aliases) if _usable(words := spoken(name))]
        yield from (("floor", name.removesuffix(" floor")) for name in names)


def _ranked(house: House) -> list[tuple[str, Entity]]:
    """(list, entity) of all that can be talked about, the most important first."""
    kinds = ((_LIST_OF_DOMAIN.get(entity.domain, ""), entity) for entity in house.entities)
    return sorted(
        ((kind, entity) for kind, entity in kinds if kind), key=lambda pair: _BY_IMPORTANCE.index(pair[0])
    )


class _Lists:
    """Lists of names that grow until the room is used up."""

    def __init__(self, fixed: dict[str, tuple[str, ...]], room_bytes: int) -> None:
        self._entries = {name: dict.fromkeys(entries) for name, entries in fixed.items()}
        self._room_bytes = room_bytes

    def add(self, kind: str, name: str) -> bool:
        """Is the name in its list now, or was it there before?"""
        entries = self._entries.setdefault(kind, {})
        size = len(name.encode()) + 3  # what msgpack puts in front of a short string
        if name not in entries and size <= self._room_bytes:
            self._room_bytes -= size
            entries[name] = None
        return name in entries

    def filled(self) -> dict[str, tuple[str, ...]]:
        """Those with a name in them."""
        return {name: tuple(entries) for name, entries in self._entries.items() if entries}


def compile_house(
    house: House, wake_words: Sequence[str] = (), max_bytes: int = MAX_GRAMMAR_BYTES
) -> Compiled:
    """The house's grammar within `max_bytes`, with the names that were left out."""
    fixed = dict(FIXED_LISTS)
    if phrases := wake_phrases(wake_words):
        fixed["wake"] = phrases
    every_kind: dict[str, tuple[str, ...]] = dict.fromkeys((*_BY_IMPORTANCE, "area", "floor"), ())
    whole = SpeechGrammar(patterns({*fixed, *every_kind}), {**fixed, **every_kind})
    lists = _Lists(fixed, max_bytes - len(encode(SetGrammar(whole))))
    ranked = _ranked(house)
    names = [*_places(house), *((kind, name) for kind, entity in ranked for name in _names(entity))]
    dropped = dict.fromkeys(name for kind, name in names if not lists.add(kind, name))
    small = len(names) <= LARGE_HOME_NAMES
    if small:
        areas = {area.id: spoken(area.name) for area in house.areas}
        for kind, entity in ranked:
            for name in _with_area(entity, areas.get(entity.area or "", "")):
                lists.add(kind, name)
    unsayable = (name for _, entity in ranked for name in (entity.name, *entity.aliases))
    dropped |= {name: None for name in unsayable if not _usable(spoken(name))}
    filled = lists.filled()
    grammar = SpeechGrammar(patterns(set(filled), every_form=small), filled)
    reason = (
        f"{len(dropped)} names cannot be said: they are above the speech grammar's {max_bytes // 1024} KiB, "
        f"without a letter, or longer than {MAX_NAME_WORDS} words"
        if dropped
        else ""
    )
    return Compiled(grammar, tuple(dropped), reason)


def speech_grammar(house: House, wake_words: Sequence[str] = ()) -> SpeechGrammar:
    """What can be said in this house, an optional wake word in front; below `MAX_GRAMMAR_BYTES` encoded."""
    return compile_house(house, wake_words).grammar
