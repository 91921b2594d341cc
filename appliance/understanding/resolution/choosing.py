"""The answer to "which one?": one of the things that were offered, or all of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from appliance.home.entities import Entity
from appliance.understanding.resolution.lexicon import Lexicon
from appliance.understanding.resolution.tokens import Token

SILENT = frozenset({"article", "prep", "filler", "here", "pronoun"})
"""Kinds of words that tell nothing apart."""
NOUN_OF_ALL = frozenset({"one", "ones", "eine", "einen", "eines", "eins"})
"""Stand for the thing that is talked about: "the left one"."""
MAX_WORDS = 8


def choose(
    tokens: Sequence[Token],
    offered: Sequence[Entity],
    words_of: Callable[[Entity], frozenset[str]],
    lexicon: Lexicon,
) -> tuple[Entity, ...]:
    """What of `offered` these words mean; nothing when they say something else, or fit several.

    `words_of` are the stems by which an entity may be called: of its names, and of its room.
    """
    if not 0 < len(tokens) <= MAX_WORDS:
        return ()
    kinds = [{tag.kind for tag in lexicon.tags((token.text,))} for token in tokens]
    telling = [
        (token, found)
        for token, found in zip(tokens, kinds, strict=True)
        if not token.pause and not found & SILENT and token.raw.casefold() not in NOUN_OF_ALL
    ]
    if telling and all(found & {"all", "both"} for _, found in telling):
        return tuple(offered)
    wanted = {token.stem for token, _ in telling}
    fits = [entity for entity in offered if wanted and wanted <= words_of(entity)]
    return tuple(fits) if len(fits) == 1 else ()
