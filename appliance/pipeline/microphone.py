"""When the own microphone is open: not muted, and somebody could answer what it hears."""

from __future__ import annotations

LISTENERS = ("wake", "vad", "stt", "intent")
ON_THE_WAY = frozenset({"stopped", "starting"})


class Microphone:
    """Whether it is wanted. While the first processes load, searching what it hears would only delay them."""

    def __init__(self, muted: bool) -> None:
        self.muted = muted
        self._awaited = set(LISTENERS)

    @property
    def open(self) -> bool:
        """Shall it be open now?"""
        return not self.muted and not self._awaited

    def settled(self, stage: str, state: str) -> bool:
        """A stage reached a state. True: the last one awaited; one that failed is not awaited again."""
        if state in ON_THE_WAY or not self._awaited:
            return False
        self._awaited.discard(stage)
        return not self._awaited
