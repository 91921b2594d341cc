"""A model's answer as it arrives: words are passed on at once, calls are kept until they are whole. Pure."""

from __future__ import annotations

from appliance.conversation.parse import CALL_MARKS, MAX_OUTPUT_CHARS, unfenced

MAX_THOUGHT_CHARS = 60_000
"""A model that thinks aloud for longer is not listened to any more."""
_THINK, _THOUGHT = "<think>", "</think>"
_FENCE, _FENCED_AS = "`", "json"


class Output:
    """One answer. `feed` gives the words that may be spoken now."""

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._thought_chars = 0
        self._is_words: bool | None = None
        self._words = ""

    @property
    def words(self) -> str:
        """All words so far."""
        return self._words

    @property
    def held(self) -> str:
        """What is not passed on: calls, as far as they have come."""
        return self._held

    def feed(self, text: str) -> str:
        """Take a piece; what may be spoken of it."""
        if self._is_words:
            return self._passed(text)
        if self._is_words is False:
            # One more than the limit is enough to see that it was passed.
            self._held = (self._held + text)[: MAX_OUTPUT_CHARS + 1]
            return ""
        return self._undecided(text)

    def finish(self) -> str:
        """The answer is over: what was held although it is no calls."""
        if self._is_words is None and not self._thinking:
            rest = unfenced(self._held)
            if rest and not rest.startswith(("<", *CALL_MARKS)):
                self._held = ""
                return self._passed(rest)
        return ""

    def _passed(self, text: str) -> str:
        room = MAX_OUTPUT_CHARS - len(self._words)
        self._words += text[:room]
        return text[:room]

    def _undecided(self, text: str) -> str:
        """Thoughts and fences at the beginning are left out; what follows tells."""
        held = (self._held + text).lstrip()
        if not self._thinking and held.startswith(_THINK):
            self._thinking, held = True, held.removeprefix(_THINK)
        if self._thinking:
            self._thought_chars += len(text)
            _, end, rest = held.partition(_THOUGHT)
            if not end:
                # The mark may have come in halves.
                self._held = held[-len(_THOUGHT) :] if self._thought_chars < MAX_THOUGHT_CHARS else ""
                return ""
            self._thinking, held = False, rest.lstrip()
        self._held = held
        inside = _inside_fence(held)
        if not inside or _THINK.startswith(held):
            return ""
        self._is_words = not inside.startswith(CALL_MARKS)
        if not self._is_words:
            return ""
        self._held = ""
        return self._passed(held)


def _inside_fence(held: str) -> str:
    """What tells words from calls; nothing yet while a fence may still be going on."""
    if not held.startswith(_FENCE):
        return held
    inside = held.lstrip(_FENCE).lstrip()
    return "" if _FENCED_AS.startswith(inside) else inside.removeprefix(_FENCED_AS).lstrip()
