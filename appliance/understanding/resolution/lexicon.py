"""The words of one language that are no names: actions, types, fillers. Data, and how it is looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

ACTS = (
    *("off", "on", "toggle", "open", "close", "raise", "lower", "lock", "unlock", "dim", "brighten"),
    *("more", "less", "start", "stop", "pause", "play", "next", "previous", "mute", "unmute", "locate"),
    *("clean", "mow", "activate", "press", "arm", "disarm", "heat", "cool", "tilt", "select", "oscillate"),
)
"""Kinds of act that need nothing beside their verb."""


class Tag(msgspec.Struct, frozen=True):
    """What a phrase does in a sentence."""

    kind: str
    """filler, article, prep, and, all, both, except, not, here, pronoun, verb, particle, about, level, color,
    mode, more, or amount."""
    value: str = ""


class TypeWord(msgspec.Struct, frozen=True):
    """A kind of thing. `levels` are tried in order: each is (domain, device classes; none: any)."""

    key: str
    levels: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
    generic: bool = True
    """Does it stand for everything of its domain ("light"), or rather for what is called so ("lamp")?"""


Phrase = tuple[str, ...]


class Lexicon(msgspec.Struct, frozen=True):
    """One language."""

    language: str
    stem: Callable[[str], str]
    phrases: Mapping[Phrase, tuple[Tag, ...]]
    longest: int
    types: Mapping[Phrase, TypeWord]
    longest_type: int
    actions: Mapping[tuple[str, str], str]
    """(verb or "", particle or "") → kind of act."""
    contractions: Mapping[str, str]
    canon: Mapping[str, str]
    """Another spelling → the one used here."""
    numbers: Mapping[str, int]
    units: Mapping[str, str]
    rooms: tuple[tuple[str, ...], ...]
    """Names of rooms that stand for each other."""
    verbs_anywhere: bool = False
    noise: frozenset[str] = frozenset()
    """Words of names that nobody says."""
    never_misspelt: frozenset[str] = frozenset()
    correctable: frozenset[str] = frozenset()
    """Words of its own that are put right when they are misspelt."""
    compounds: bool = False
    splittable: frozenset[str] = frozenset()
    """Words that end a word written together: "Küchenlicht"."""

    def tags(self, words: Phrase) -> tuple[Tag, ...]:
        """What this phrase may do."""
        return self.phrases.get(words, ())


def lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """Head and phrases of each entry: "head: phrase | phrase", continued where a line is indented."""
    for entry in re.sub(r"\n[ \t]+", " ", text.strip()).splitlines():
        head, _, phrases_text = entry.partition(": ")
        yield head, [" ".join(phrase.split()) for phrase in phrases_text.split("|")]


def table(text: str) -> dict[Phrase, tuple[Tag, ...]]:
    """Tags by phrase; the head of an entry is a kind and perhaps a value."""
    found: dict[Phrase, tuple[Tag, ...]] = {}
    for head, entry in lines(text):
        kind, _, value = head.partition(" ")
        for phrase in entry:
            words = tuple(phrase.split())
            found[words] = (*found.get(words, ()), Tag(kind, value))
    return found


def phrases(text: str) -> frozenset[Phrase]:
    """From phrases parted by "|"."""
    return frozenset(tuple(phrase.split()) for phrase in text.split("|"))


def by_phrase(text: str) -> dict[Phrase, str]:
    """The head of its entry by phrase."""
    return {tuple(phrase.split()): head for head, entry in lines(text) for phrase in entry}


def types(text: str, stem: Callable[[str], str]) -> dict[Phrase, TypeWord]:
    """The head of an entry is a key and levels, such as "blind = cover:blind,shade > cover".

    A key that starts with "~" is of what is called so, not of everything of its domain.
    """
    found: dict[Phrase, TypeWord] = {}
    for head, entry in lines(text):
        key, _, levels = head.partition(" = ")
        word = TypeWord(key.lstrip("~"), tuple(_level(level) for level in levels.split(">")), key[0] != "~")
        for phrase in entry:
            found[tuple(stem(each) for each in phrase.split())] = word
    return found


def _level(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    pairs = []
    for each in text.split():
        domain, _, classes = each.partition(":")
        pairs.append((domain, tuple(classes.split(",")) if classes else ()))
    return tuple(pairs)


def longest(phrases: Iterable[Phrase]) -> int:
    """Words of the longest phrase."""
    return max((len(phrase) for phrase in phrases), default=0)
