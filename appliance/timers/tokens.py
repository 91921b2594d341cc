"""A sentence as words: each as it is compared, and where it stands in the original. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

MAX_SENTENCE = 300
_WORD = re.compile(r"[ap]\.\s?m\b\.?|\d{1,2}:\d{2}|\d+[.,]\d+|\d+|[^\W\d_]+(?:['’][^\W\d_]+)?", re.IGNORECASE)
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'"})


class Token(msgspec.Struct, frozen=True):
    """One word: folded to small letters without umlauts, and its place in the sentence."""

    norm: str
    start: int
    end: int


def fold(word: str) -> str:
    """Small letters, ä as ae, ß as ss."""
    return word.lower().translate(_FOLDED)


def tokens(sentence: str, contractions: Mapping[str, str]) -> tuple[Token, ...]:
    """The words of a sentence, without punctuation; "what's" becomes what `contractions` says."""
    found = []
    for match in _WORD.finditer(sentence[:MAX_SENTENCE]):
        norm = fold(match[0])
        if norm[:2] in ("a.", "p."):
            norm = norm[0] + "m"
        found.append(Token(contractions.get(norm, norm), match.start(), match.end()))
    return tuple(found)
