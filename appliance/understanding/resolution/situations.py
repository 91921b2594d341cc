"""What somebody complains about: too dark, too cold, too loud. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from appliance.home.entities import Entity
from appliance.understanding.resolution.acts import Act
from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.lexicon import Phrase
from appliance.understanding.resolution.targets import Target
from appliance.understanding.resolution.tokens import Token, tokenize
from appliance.understanding.resolution.wishes import Wish


class Complaints(msgspec.Struct, frozen=True):
    """How one language complains."""

    starts: frozenset[Phrase]
    """ "It is", "I am"."""
    middles: frozenset[str]
    """ "Is", when a thing stands in front: "the music is too loud"."""
    degrees: frozenset[str]
    """ "Too", "very"; these may be left out."""
    needed: frozenset[str]
    """One of these must be said when a thing stands in front: "the light is bright" is no wish."""
    about: Mapping[Phrase, str]
    """Word → dark, bright, cold, hot, loud, quiet."""
    silent: frozenset[str]
    lights: str


_ACTS = {
    "dark": Act("on"),
    "bright": Act("change", about="brightness", sign=-1),
    "cold": Act("change", about="temperature", sign=1),
    "hot": Act("change", about="temperature", sign=-1),
    "loud": Act("change", about="volume", sign=-1),
    "quiet": Act("change", about="volume", sign=1),
}


class Complaint(msgspec.Struct, frozen=True):
    """What is wrong, and where."""

    what: str
    wish: Wish


def complaint(tokens: Sequence[Token], words: Complaints, index: HouseIndex) -> Complaint | None:
    """The wish behind a complaint; None when it is none."""
    sentence = [token for token in tokens if not token.pause]
    what, rest, intense = _about(sentence, words)
    if not what:
        return None
    start = _start(rest, words)
    if start is None:
        split = next((at for at, token in enumerate(rest) if token.text in words.middles), None)
        if split is None or not split or not intense:
            return None
        named = [*rest[:split], *rest[split + 1 :]]
    else:
        named = rest[start:]
    return Complaint(what, Wish(_ACTS[what], (_target(what, named, words, index),)))


def _about(sentence: list[Token], words: Complaints) -> tuple[str, list[Token], bool]:
    """What is complained about, and the other words."""
    texts = tuple(token.text for token in sentence)
    for at in range(len(texts)):
        for length in (4, 3, 2, 1):
            what = words.about.get(texts[at : at + length])
            if what and at + length <= len(texts):
                rest = [*sentence[:at], *sentence[at + length :]]
                intense = any(token.text in words.needed for token in rest) or length > 1
                return what, rest, intense
    return "", sentence, False


def _start(rest: Sequence[Token], words: Complaints) -> int | None:
    texts = tuple(token.text for token in rest)
    for length in (4, 3, 2, 1):
        if texts[:length] in words.starts:
            return length
    return None


def _target(what: str, named: Sequence[Token], words: Complaints, index: HouseIndex) -> Target:
    lexicon = index.lexicon
    kept: list[Token] = []
    here = False
    texts = [token.text for token in named]
    at = 0
    while at < len(named):
        length = next(
            (
                n
                for n in (3, 2, 1)
                if any(tag.kind == "here" for tag in lexicon.tags(tuple(texts[at : at + n])))
            ),
            0,
        )
        if length:
            here = True
            at += length
            continue
        if texts[at] not in words.silent and texts[at] not in words.degrees:
            kept.append(named[at])
        at += 1
    scope = "here" if here else ""
    if what == "dark" and not any(_is_light(token, index) for token in kept):
        kept += tokenize(words.lights, lexicon)
    return Target(tuple(kept), scope="here" if scope else "")


def _is_light(token: Token, index: HouseIndex) -> bool:
    kind = index.lexicon.types.get((token.stem,))
    return kind is not None and kind.key in {"light", "lamp"}


def lit_already(entities: Sequence[Entity]) -> bool:
    """Are these lights all on, so that more light means brighter?"""
    return bool(entities) and all(entity.state == "on" for entity in entities)


BRIGHTER = Act("change", about="brightness", sign=1)
