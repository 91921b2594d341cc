"""From a recogniser's best guesses to what was heard, how sure that is, and what it nearly was. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from appliance.ears.foreign import FOREIGN
from appliance.wire.messages import TimedWord as Word

NEAR_CHANCE = 0.1


class Guess(msgspec.Struct, frozen=True):
    """A whole utterance's words; `chance` 0…1 among all guesses."""

    words: tuple[Word, ...]
    chance: float

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.word for word in self.words)


class Heard(msgspec.Struct, frozen=True):
    """What to take: `words` is empty when nothing is to be taken; then `nearly` may say what it was like."""

    words: tuple[Word, ...]
    confidence: float
    nearly: str = ""

    @property
    def text(self) -> str:
        """The sentence."""
        return " ".join(word.word for word in self.words)


def guesses(alternatives: Sequence[Mapping[str, Any]]) -> tuple[Guess, ...]:
    """The library's alternatives, best first: their scores are logarithms, without a common scale."""
    if not alternatives:
        return ()
    best = max(float(each["confidence"]) for each in alternatives)
    weights = [math.exp(max(-700.0, float(each["confidence"]) - best)) for each in alternatives]
    whole = sum(weights)
    chances = [weight / whole for weight in weights]
    timed = [_timed(each.get("result", ())) for each in alternatives]
    return tuple(
        Guess(tuple(_sure(word, timed, chances) for word in words), chance)
        for words, chance in zip(timed, chances, strict=True)
    )


def _timed(result: Sequence[Mapping[str, Any]]) -> tuple[Word, ...]:
    return tuple(
        Word(str(each["word"]), round(1000 * each["start"]), round(1000 * each["end"]), 0.0)
        for each in result
    )


def _sure(word: Word, timed: Sequence[tuple[Word, ...]], chances: Sequence[float]) -> Word:
    """With the chance of all guesses that have this word at this time."""
    middle = (word.start_ms + word.end_ms) // 2
    sum_of = sum(
        chance
        for words, chance in zip(timed, chances, strict=True)
        if any(each.word == word.word and each.start_ms <= middle <= each.end_ms for each in words)
    )
    return msgspec.structs.replace(word, confidence=min(1.0, sum_of))


def judge(
    found: Sequence[Guess],
    is_sentence: Callable[[str], bool],
    min_confidence: float,
) -> Heard:
    """Take the best guess when it is a sentence and its words are sure enough on average.

    Of one that is not taken the likeliest sentence is told with its chance, if that is `NEAR_CHANCE` or more.
    """
    if not found or not found[0].words:
        return Heard((), 0.0)
    best = found[0]
    confidence = sum(word.confidence for word in best.words) / len(best.words)
    if is_sentence(best.text) and FOREIGN not in best.text and confidence >= min_confidence:
        return Heard(best.words, confidence)
    near = next((each for each in found if each.chance >= NEAR_CHANCE and is_sentence(each.text)), None)
    return Heard((), confidence) if near is None else Heard((), near.chance, near.text)
