"""Was this sentence said, or only the nearest thing the grammar has? Pure.

A free phone loop runs beside the grammar over the same audio. Where the words were really said, the grammar's
path explains the sound almost as well as any phones could; where they were not, it costs more per frame, has
to skip over sound between its words, or speaks at a rate no one does. The limits were set on recordings of
people ordering coffee, synthetic speech outside the grammar, and noises (docs/performance.md has the rates).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

FRAMES_PER_SECOND = 100
FILLERS = ("<", "+", "[")
POLITE = ("please", "can you", "could you")

MAX_EXCESS = 0.0028
"""Most extra cost a frame of the sentence, natural logarithm of the model's scaled score."""
MAX_EXCESS_SHORT = 0.0018
"""The same for a sentence of `SHORT_FRAMES` or less: little sound is little evidence."""
SHORT_FRAMES, LONG_FRAMES = 80, 140
MAX_WORD_EXCESS = 0.006
MAX_SKIPPED_FRAMES = 22
"""Silence and noise between the words of one sentence."""
MAX_OUTSIDE_EXCESS = 0.1
"""Speech before or after the sentence that the grammar took for silence, summed over its frames."""
MIN_CONFIDENCE = 0.62
"""Below it more sentences were wrong than right: a command not heard is better than one not given."""
MIN_WORDS_PER_SECOND, MAX_WORDS_PER_SECOND = 1.8, 5.0


class Segment(msgspec.Struct, frozen=True):
    """A word, filler or phone over frames `first` to `last`; `cost` is what it costs in all."""

    word: str
    first: int
    last: int
    cost: float

    @property
    def frames(self) -> int:
        """How many."""
        return self.last - self.first + 1


class Verdict(msgspec.Struct, frozen=True):
    """Take the sentence? `confidence` 0…1; `reason` says why not."""

    accepted: bool
    confidence: float
    reason: str = ""
    doubtful_words: int = 0
    """So many words at the beginning are polite ones that were hardly said: take them off."""


def judge(
    path: Sequence[Segment],
    phones: Sequence[Segment],
    strictness: float = 1.0,
    greetings: Sequence[str] = (),
) -> Verdict:
    """Compare the grammar's path with the phone loop's; a higher strictness takes less.

    A greeting in front of the sentence is no part of it: the wake word, whose beginning was often cut off, or
    "please", which is what the remains of a wake word are often taken for.
    """
    words = [segment for segment in path if not segment.word.startswith(FILLERS)]
    greeted = words[: _greeting_words(words, [*greetings, *POLITE])]
    words = words[len(greeted) :]
    if not words:
        return Verdict(accepted=False, confidence=0.0, reason="no words")
    begin = greeted[-1].last + 1 if greeted else 0
    excess = _Excess(path, phones)
    first, last = words[0].first, words[-1].last
    frames = last - first + 1
    limit = excess_limit(frames) / strictness
    mean = excess.between(first, last) / frames
    confidence = max(0.0, min(1.0, 1.0 - mean / (2 * limit)))
    checks = {
        "too slow or too fast": MIN_WORDS_PER_SECOND
        <= len(words) * FRAMES_PER_SECOND / frames
        <= MAX_WORDS_PER_SECOND,
        "sound between the words": frames - sum(word.frames for word in words) <= MAX_SKIPPED_FRAMES,
        "speech around the sentence": max(
            excess.between(begin, first - 1), excess.between(last + 1, excess.end)
        )
        <= MAX_OUTSIDE_EXCESS / strictness,
        "a word does not fit": max(excess.between(word.first, word.last) / word.frames for word in words)
        <= MAX_WORD_EXCESS / strictness,
        "the words do not fit": mean <= limit and confidence >= MIN_CONFIDENCE,
    }
    reason = next((reason for reason, passed in checks.items() if not passed), "")
    doubtful = sum(excess.between(word.first, word.last) > word.frames * MAX_EXCESS_SHORT for word in greeted)
    return Verdict(not reason, confidence, reason, len(greeted) if doubtful else 0)


def _greeting_words(words: Sequence[Segment], greetings: Sequence[str]) -> int:
    """How many words of greetings they begin with."""
    said = [segment.word.partition("(")[0] for segment in words]
    count = 0
    while lengths := [
        len(each.split()) for each in greetings if said[count : count + len(each.split())] == each.split()
    ]:
        count += max(lengths)
    return count


def excess_limit(frames: int) -> float:
    """Most mean excess for a sentence of so many frames."""
    share = min(1.0, max(0.0, (frames - SHORT_FRAMES) / (LONG_FRAMES - SHORT_FRAMES)))
    return MAX_EXCESS_SHORT + share * (MAX_EXCESS - MAX_EXCESS_SHORT)


class _Excess:
    """Running sum of the path's cost above the phone loop's, by frame."""

    def __init__(self, path: Sequence[Segment], phones: Sequence[Segment]) -> None:
        self.end = max(segment.last for segment in path)
        above = (
            own - free for own, free in zip(_spread(path, self.end), _spread(phones, self.end), strict=True)
        )
        self._sums = list(itertools.accumulate(above, initial=0.0))

    def between(self, first: int, last: int) -> float:
        """Of the frames from `first` to `last`."""
        return self._sums[last + 1] - self._sums[first] if last >= first else 0.0


def _spread(segments: Sequence[Segment], end: int) -> list[float]:
    costs = [0.0] * (end + 1)
    for segment in segments:
        for frame in range(segment.first, min(segment.last, end) + 1):
            costs[frame] = segment.cost / segment.frames
    return costs
