"""A sentence in phrases, and phrases in segments. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.lexicon import Tag
from appliance.understanding.resolution.tokens import Token


class Item(msgspec.Struct, frozen=True):
    """One or more words, and what they may do; no tags: a word of a name."""

    tokens: tuple[Token, ...]
    tags: tuple[Tag, ...] = ()
    typed: bool = False
    """It is also the name of a kind of thing."""

    def value(self, kind: str) -> str | None:
        """The value of its tag of this kind."""
        return next((tag.value for tag in self.tags if tag.kind == kind), None)


def items(tokens: Sequence[Token], protected: Sequence[bool], index: HouseIndex) -> list[Item]:
    """The sentence in phrases of the lexicon; what is protected stays a word of a name."""
    found: list[Item] = []
    at = 0
    while at < len(tokens):
        named = bool(found) and found[-1].value("article") is not None
        length, item = _item(tokens, protected, at, index, named=named)
        found.append(item)
        at += length
    return found


def _item(
    tokens: Sequence[Token], protected: Sequence[bool], at: int, index: HouseIndex, *, named: bool
) -> tuple[int, Item]:
    """The longest phrase that starts here; after an article (`named`) no verb of several words."""
    lexicon = index.lexicon
    if protected[at] or tokens[at].number is not None:
        return 1, Item((tokens[at],))
    kind = _type_length(tokens, protected, at, index)
    for length in range(min(lexicon.longest, len(tokens) - at), 0, -1):
        if any(protected[at : at + length]) or length < kind:
            continue
        tags = lexicon.tags(tuple(token.text for token in tokens[at : at + length]))
        if named and length > 1 and all(tag.kind == "verb" for tag in tags):
            continue
        if tags and not (length == kind and kind > 1):
            return length, Item(tuple(tokens[at : at + length]), tags, typed=kind >= length)
    length = max(kind, 1)
    return length, Item(tuple(tokens[at : at + length]), typed=kind > 0)


def _type_length(tokens: Sequence[Token], protected: Sequence[bool], at: int, index: HouseIndex) -> int:
    for length in range(min(index.lexicon.longest_type, len(tokens) - at), 0, -1):
        stems = tuple(token.stem for token in tokens[at : at + length])
        if stems in index.lexicon.types and not any(protected[at : at + length]):
            return length
    return 0


def segments(parts: Sequence[Item]) -> list[list[Item]]:
    """The sentence cut at "and" and at commas."""
    found: list[list[Item]] = [[]]
    for item in parts:
        if item.tokens[0].pause or (item.value("and") is not None and not item.typed):
            found.append([])
        else:
            found[-1].append(item)
    return [segment for segment in found if segment]
