"""Why a word means some entities: names, places, kinds, compounds, misspellings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.lexicon import TypeWord
from appliance.understanding.resolution.targets import BRANDS
from appliance.understanding.resolution.tokens import Token

SLIP = 0.35
"""What a wrong letter costs."""


class Reason(msgspec.Struct, frozen=True):
    """Why a word is explained by some entities."""

    mask: int
    cost: float
    kind: Literal["name", "device", "type", "place", "part", "brand"]
    word: str = ""
    kind_word: TypeWord | None = None
    exact_place: bool = False


def word_reasons(words: Sequence[Token], at: int, index: HouseIndex, level: int) -> list[Reason]:
    """Explanations of one word by itself."""
    token = words[at]
    found = (
        [Reason(index.by_word[token.stem], 0.0, "name", token.stem)] if token.stem in index.by_word else []
    )
    if token.stem in index.by_device_word:
        found.append(Reason(index.by_device_word[token.stem], 0.3, "device", token.stem))
    if kind := index.lexicon.types.get((token.stem,)):
        found.append(_type_reason(kind, index, level))
    places = index.by_place_word.get(token.stem, ())
    found += [Reason(place.mask, place.cost, "part", token.stem) for place in places]
    if not found:
        found = [*_misspelt(token, index, level)]
    if not found and token.text in BRANDS and len(words) > 1:
        found.append(Reason(index.everyone, 0.3, "brand"))
    return found


def _type_reason(kind: TypeWord, index: HouseIndex, level: int) -> Reason:
    return Reason(index.of_type(kind, level), 0.1 + 0.1 * level, "type", kind_word=kind)


def _misspelt(token: Token, index: HouseIndex, level: int) -> list[Reason]:
    del level
    found = []
    for word, number in index.near(token):
        cost = SLIP * number
        if word in index.by_word:
            found.append(Reason(index.by_word[word], cost, "name", word))
        places = index.by_place_word.get(word, ())
        found += [Reason(place.mask, place.cost + cost, "part", word) for place in places]
    return found


def add_phrases(words: Sequence[Token], reasons: list[list[Reason]], index: HouseIndex, level: int) -> None:
    """Explanations by several words together: places and kinds; "bed room" for a bedroom."""
    stems = tuple(token.stem for token in words)
    most = max(index.longest, index.lexicon.longest_type)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + most) + 1):
            phrase = stems[start:end]
            added = [
                Reason(place.mask, place.cost, "place", exact_place=place.cost < 0.1)
                for place in index.places.get(phrase, ())
            ]
            if end - start > 1:
                kind = index.lexicon.types.get(phrase)
                added += [_type_reason(kind, index, level)] if kind else []
                added += _joined(words[start:end], index, level) if end - start == 2 else []
            whole = any(reason.exact_place for reason in added)
            for at in range(start, end):
                if whole:  # the bedroom is not the master bedroom
                    reasons[at] = [reason for reason in reasons[at] if reason.kind != "part"]
                reasons[at] += added


def _joined(pair: Sequence[Token], index: HouseIndex, level: int) -> list[Reason]:
    word = index.lexicon.stem(pair[0].text + pair[1].text)
    found = [Reason(index.by_word[word], 0.1, "name", word)] if word in index.by_word else []
    found += [
        Reason(place.mask, place.cost + 0.1, "place", exact_place=place.cost < 0.1)
        for place in index.places.get((word,), ())
    ]
    if kind := index.lexicon.types.get((word,)):
        found.append(_type_reason(kind, index, level))
    return found


def add_compounds(words: Sequence[Token], reasons: list[list[Reason]], index: HouseIndex, level: int) -> None:
    """Such as "küchenlicht" is the light of the kitchen; "bedsidelamp" two words."""
    for at, token in enumerate(words):
        if reasons[at] and not index.lexicon.compounds:
            continue
        for first, second in _splits(token.text, index):
            left = _stem_reasons(first, index, level)
            right = _stem_reasons(second, index, level)
            for one in left:
                for other in right:
                    mask = one.mask & other.mask
                    if mask:
                        kind = other.kind_word or one.kind_word
                        exact = one.exact_place or other.exact_place
                        cost = one.cost + other.cost + 0.05
                        name = one.word or other.word
                        reasons[at].append(Reason(mask, cost, "name" if name else "type", name, kind, exact))


def _stem_reasons(stem: str, index: HouseIndex, level: int) -> list[Reason]:
    found = [Reason(index.by_word[stem], 0.0, "name", stem)] if stem in index.by_word else []
    found += [
        Reason(each.mask, each.cost, "place", exact_place=True) for each in index.places.get((stem,), ())
    ]
    if kind := index.lexicon.types.get((stem,)):
        found.append(_type_reason(kind, index, level))
    return found


def _splits(word: str, index: HouseIndex) -> list[tuple[str, str]]:
    """Two known words that this one is made of."""
    stem = index.lexicon.stem
    found = []
    for at in range(3, len(word) - 2):
        second = stem(word[at:])
        if (second,) not in index.lexicon.types and second not in index.by_word:
            continue
        for first in dict.fromkeys((stem(word[:at]), word[:at].removesuffix("s"))):
            if first in index.by_word or (first,) in index.places:
                found.append((first, second))
                break
    return found
