"""What was said in one turn of a room, and how much of the answer was heard. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from appliance.conversation.memory import heard_part
from appliance.dialogue.events import DeedResult


class Ended(msgspec.Struct, frozen=True):
    """A turn that is over: what was said, what was heard of the answer, and whether anything was done."""

    words: str
    heard: str
    done: bool


class Exchange:
    """One turn; times in seconds of any monotonic clock."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, words: str) -> None:
        """Somebody said this."""
        self.words = words
        self.done = False
        """Was any deed really done?"""
        self._said: dict[int, tuple[str, float]] = {}
        self._sounded_at: float | None = None

    def says(self, sentence: int, text: str) -> None:
        """A sentence of the answer; its length is not known yet."""
        self._said[sentence] = (text, float("inf"))

    def lasts(self, sentence: int, seconds: float) -> None:
        """So long is that sentence."""
        if sentence in self._said:
            self._said[sentence] = (self._said[sentence][0], seconds)

    def sounds(self, now: float) -> None:
        """The loudspeaker begins."""
        self._sounded_at = now

    def did(self, results: Iterable[DeedResult]) -> None:
        """What became of the deeds."""
        self.done = self.done or any(result.done for result in results)

    def end(self, now: float, *, whole: bool) -> Ended:
        """What there is to remember; `whole`: the answer was played to its end. Begins anew."""
        said = [self._said[number] for number in sorted(self._said)]
        if whole:
            heard = " ".join(text for text, _ in said)
        else:
            heard = heard_part(said, now - self._sounded_at) if self._sounded_at is not None else ""
        ended = Ended(self.words, heard, self.done)
        self.begin("")
        return ended
