"""Several rooms hear the same words: who answers. Pure; times are seconds of one monotonic clock.

Nobody waits for a better candidate: the first detection wins at once, and later ones of the same words,
spoken within the window, are the same person's.
"""

from __future__ import annotations

import msgspec

MAX_REMEMBERED = 64


class Claim(msgspec.Struct, frozen=True):
    """A wake word that ended at `spoken_at` was heard in a place."""

    site: str
    word: str
    spoken_at: float


class Arbiter:
    """Remembers who answered lately."""

    def __init__(self, window_seconds: float) -> None:
        self.window_seconds = window_seconds
        self._answered: list[Claim] = []

    def winner(self, claim: Claim) -> str:
        """The place that answers these words: the claimant, or the one that was first."""
        for earlier in self._answered:
            if self._same_words(earlier, claim) and earlier.site != claim.site:
                return earlier.site
        self._remember(claim)
        return claim.site

    def forget(self, site: str) -> None:
        """This place is gone: it answers nobody any more."""
        self._answered = [each for each in self._answered if each.site != site]

    def _same_words(self, one: Claim, other: Claim) -> bool:
        return one.word == other.word and abs(one.spoken_at - other.spoken_at) <= self.window_seconds

    def _remember(self, claim: Claim) -> None:
        oldest = claim.spoken_at - 2 * self.window_seconds
        recent = [each for each in self._answered if each.spoken_at >= oldest]
        self._answered = [*recent[-(MAX_REMEMBERED - 1) :], claim]
