"""Short words while an answer takes long: which, and whether any at all. Pure: chance is a parameter.

The wait is estimated from what the same kind of work took before: a short one needs no words, a longer one an
acknowledgment, a long one a sign that somebody thinks. Never the same words twice in a row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

Kind = Literal["acknowledgment", "thinking", "clarification"]
Work = Literal["deed", "model"]

NONE_BELOW_MS = 300.0
ACKNOWLEDGMENT_BELOW_MS = 800.0
KEPT = 20
"""Latest waits of each kind of work."""
FIRST_GUESS_MS: dict[Work, float] = {"deed": 50.0, "model": 2_000.0}
PHRASES: dict[str, dict[Kind, tuple[str, ...]]] = {
    "en": {
        "acknowledgment": ("Okay.", "Right.", "Sure.", "One moment.", "On it."),
        "thinking": ("Let me think.", "Let me see.", "Hmm, let me think about that.", "Just a moment."),
        "clarification": ("Sorry, I didn't understand that.", "Sorry, could you say that another way?"),
    },
    "de": {
        "acknowledgment": ("Okay.", "Gut.", "Klar.", "Einen Moment.", "Mache ich."),
        "thinking": ("Ich überlege.", "Mal sehen.", "Hm, da muss ich nachdenken.", "Einen Augenblick."),
        "clarification": (
            "Das habe ich leider nicht verstanden.",
            "Kannst du das bitte anders sagen?",
        ),
    },
}


def phrases_of(language: str) -> dict[Kind, tuple[str, ...]]:
    """All of a language; nothing in one that has none: better silent than in another language."""
    return PHRASES.get(language.split("-", maxsplit=1)[0].lower(), {})


def everything(language: str) -> tuple[str, ...]:
    """What may be said, to be rendered ahead of time."""
    return tuple(text for texts in phrases_of(language).values() for text in texts)


class Fillers:
    """Of the whole appliance: waits are alike in all rooms."""

    def __init__(self, chance: Callable[[], float]) -> None:
        """`chance` gives numbers from 0.0 to below 1.0."""
        self._chance = chance
        self._waits: dict[Work, deque[float]] = {}
        self._last = ""

    def took(self, work: Work, ms: float) -> None:
        """So long this kind of work took now."""
        self._waits.setdefault(work, deque(maxlen=KEPT)).append(ms)

    def estimate_ms(self, work: Work) -> float:
        """The median of the latest; a guess before there are any."""
        waits = sorted(self._waits.get(work, ()))
        return waits[len(waits) // 2] if waits else FIRST_GUESS_MS[work]

    def choose(self, work: Work, language: str) -> str:
        """What to say while this is waited for; empty when nothing."""
        wait_ms = self.estimate_ms(work)
        if wait_ms < NONE_BELOW_MS:
            return ""
        return self.words("acknowledgment" if wait_ms < ACKNOWLEDGMENT_BELOW_MS else "thinking", language)

    def words(self, kind: Kind, language: str) -> str:
        """One of these, not the one that was said last; empty in a language without any."""
        texts = [text for text in phrases_of(language).get(kind, ()) if text != self._last]
        if not texts:
            return ""
        self._last = texts[min(int(self._chance() * len(texts)), len(texts) - 1)]
        return self._last
