"""What happens during turns, for whoever watches: the terminal, `replay`, the control socket.

Notes live in memory only and are handed to the watchers at once; nothing here is written anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from appliance.errors import ControlError
from appliance.wire.messages import Transcript

LOG = logging.getLogger(__name__)
MAX_WATCHERS = 16

Kind = Literal[
    "wake",
    "listening",
    "speech_start",
    "partial",
    "endpoint",
    "transcript",
    "intent",
    "deed",
    "reply",
    "first_audio",
    "played",
    "done",
    "stage",
]


class TurnNote(msgspec.Struct, frozen=True):
    """One thing that happened; `at_ms` is the clock of the place's microphone, `data` depends on the kind.

    wake: word, score · partial: text · endpoint: speech_end_ms · transcript: text, confidence, ms,
    words ([word, start_ms, end_ms, confidence] each) and nearly where known ·
    intent: intent, source, ms, deeds · deed: entity_id, name, done, confirmed, reason, ms · reply: text ·
    first_audio: speech_end_ms · played: seconds, rms · done: outcome · stage: name, state.
    """

    turn: int
    kind: Kind
    at_ms: int
    data: dict[str, Any] = {}
    site: str = "local"
    """The place where it happened."""


def transcript(message: Transcript) -> dict[str, Any]:
    """The data of that note."""
    confidence = round(message.confidence, 3)
    data: dict[str, Any] = {"text": message.text, "confidence": confidence, "ms": message.ms}
    if message.words:
        data["words"] = [[*msgspec.structs.astuple(each)] for each in message.words]
    return data | ({"nearly": message.nearly} if message.nearly else {})


Watcher = Callable[[TurnNote], None]


class Trace:
    """Hands each note to every watcher."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with every note from now on; the returned function ends it."""
        if len(self._watchers) >= MAX_WATCHERS:
            raise ControlError(f"{MAX_WATCHERS} watch already", "close another view")
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def note(self, turn: int, kind: Kind, at_ms: int | None = None, **data: Any) -> None:
        """Tell everyone what happened in the appliance itself; `at_ms` None means now."""
        self.tell(TurnNote(turn, kind, self._clock_ms() if at_ms is None else at_ms, data))

    def tell(self, note: TurnNote) -> None:
        """Tell everyone."""
        for watcher in tuple(self._watchers):
            watcher(note)
