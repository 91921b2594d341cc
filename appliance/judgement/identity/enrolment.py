"""Learning a voice from some utterances that agree with each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from appliance.judgement.identity.voices import Heard, cosine

NEEDED = 5
MAX_TRIED = 15
"""More utterances than this without enough that agree, and it is given up."""


class Enrolment(msgspec.Struct, frozen=True):
    """What was heard so far for this person. `add` gives the next one; nothing is changed in place."""

    name: str
    agreement: float = 0.5
    """Least similarity of an utterance with the others, as a cosine."""
    needed: int = NEEDED
    tried: tuple[Heard, ...] = ()

    def add(self, voice: Heard) -> Enrolment:
        """With one more utterance; one of another engine begins anew."""
        same = self.tried if not self.tried or cosine(self.tried[0], voice) is not None else ()
        return msgspec.structs.replace(self, tried=(*same, voice))

    @property
    def agreeing(self) -> tuple[Heard, ...]:
        """The largest part that is one voice: what is near to one utterance, outliers left out."""
        best = max((self._near(voice) for voice in self.tried), key=len, default=())
        return tuple(voice for voice in best if _typical(voice, best) >= self.agreement)

    def _near(self, voice: Heard) -> tuple[Heard, ...]:
        return tuple(each for each in self.tried if (cosine(voice, each) or 0.0) >= self.agreement)

    @property
    def done(self) -> bool:
        """Is the voice known?"""
        return len(self.agreeing) >= self.needed

    @property
    def failed(self) -> bool:
        """Were it too many utterances that do not agree?"""
        return not self.done and len(self.tried) >= MAX_TRIED

    @property
    def missing(self) -> int:
        """Utterances that are still needed."""
        return max(0, self.needed - len(self.agreeing))


def _typical(voice: Heard, others: Sequence[Heard]) -> float:
    """The median similarity with the others."""
    found = [cosine(voice, each) or 0.0 for each in others if each is not voice]
    return median(found) if found else 1.0
