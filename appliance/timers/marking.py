"""A sentence with its lengths and times replaced by marks, for expressions to match. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.timers.calendar import When
from appliance.timers.daytimes import when
from appliance.timers.quantities import duration, one_of
from appliance.timers.tables import Tables
from appliance.timers.tokens import Token, tokens


class Piece(msgspec.Struct, frozen=True):
    """A word or a mark: its place in the marked text, and in the sentence."""

    text: str
    at: int
    start: int
    end: int


class Marked(msgspec.Struct, frozen=True):
    """The text with marks, and what each mark stands for: seconds, or a time."""

    text: str
    pieces: tuple[Piece, ...]
    seconds: dict[str, float]
    whens: dict[str, When]
    sentence: str

    def original(self, begin: int, end: int) -> str:
        """The words of the sentence that this part of the marked text stands for."""
        inside = [piece for piece in self.pieces if piece.at < end and piece.at + len(piece.text) > begin]
        if not inside:
            return ""
        first, last = inside[0], inside[-1]
        # A compound is cut where the match ended: what is left over has the same length in both.
        cut = max(last.at + len(last.text) - end, 0)
        skip = max(begin - first.at, 0)
        return self.sentence[first.start + skip : last.end - cut].strip(" ,.;:!?-–\"'“”„")


def mark(sentence: str, tables: Tables) -> Marked:
    """Find every length ("§d0"), time from now ("§i0") and time of day ("§t0")."""
    found = _without_politeness(tokens(sentence, tables.contractions), tables)
    words = [token.norm for token in found]
    pieces: list[Piece] = []
    seconds: dict[str, float] = {}
    whens: dict[str, When] = {}
    at, place = 0, 0
    while at < len(words):
        kind, value, after = _here(words, at, tables)
        text = words[at]
        if isinstance(value, When):
            text = f"§t{len(whens)}"
            whens[text] = value
        elif kind:
            text = f"§{kind}{len(seconds)}"
            seconds[text] = value
        pieces.append(Piece(text, place, found[at].start, found[after - 1].end))
        place += len(text) + 1
        at = after
    return Marked(" ".join(piece.text for piece in pieces), tuple(pieces), seconds, whens, sentence)


Kind = Literal["", "d", "i", "t"]


def _here(words: list[str], at: int, tables: Tables) -> tuple[Kind, float | When, int]:
    """What stands at this place: (kind of mark, its value, place after it)."""
    led = one_of(words, at, tables.ahead)
    if led is not None:
        ahead = duration(words, led, tables)
        if ahead is not None:
            return "i", ahead[0], ahead[1]
    timed = when(words, at, tables)
    if timed is not None:
        return "t", timed[0], timed[1]
    length = duration(words, at, tables)
    if length is None:
        return "", 0.0, at + 1
    after = one_of(words, length[1], tables.ahead_after)
    return ("i", length[0], after) if after is not None else ("d", length[0], length[1])


def _without_politeness(found: tuple[Token, ...], tables: Tables) -> tuple[Token, ...]:
    """Please, can you, … at the start and at the end say nothing."""
    words = [token.norm for token in found]
    begin, end = 0, len(words)
    while begin < end and (after := one_of(words[:end], begin, tables.polite)) is not None:
        begin = after
    while begin < end:
        lengths = {
            len(phrase) for phrase in tables.polite if tuple(words[max(end - len(phrase), 0) : end]) == phrase
        }
        if not lengths or end - max(lengths) < begin:
            break
        end -= max(lengths)
    return found[begin:end]
