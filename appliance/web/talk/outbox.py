"""What was sent and may have to be sent again: the last frames with their numbers, within bounds. Pure."""

from __future__ import annotations

from collections import deque

import msgspec

from appliance.web.talk import wire

MAX_FRAMES = 1_024
MAX_BYTES = 1_536 * 1_024
"""Half a minute of speech."""


class Kept(msgspec.Struct):
    """One frame; `speech_of` is the turn of a piece of speech."""

    number: int
    speech_of: int | None
    encoded: bytes | str


class Outbox:
    """Frames get numbers when they are put in; `after` gives them back, as often as somebody asks."""

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._frames: deque[Kept] = deque()
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._bytes = 0
        self.last = 0
        """Number of the newest frame."""

    @property
    def oldest(self) -> int:
        """Number of the oldest frame that is still here; one above `last` when there is none."""
        return self._frames[0].number if self._frames else self.last + 1

    def put(self, frame: wire.Out) -> int:
        """Its number. The oldest make room. Raises TooBig."""
        encoded = wire.encode_out(frame, self.last + 1)
        self.last += 1
        self._frames.append(Kept(self.last, frame.turn if isinstance(frame, wire.Speech) else None, encoded))
        self._bytes += len(encoded)
        while len(self._frames) > self._max_frames or self._bytes > self._max_bytes:
            self._bytes -= len(self._frames.popleft().encoded)
        return self.last

    def forget(self, turn: int) -> None:
        """Nobody wants this turn's speech any more; the numbers of what is left stay."""
        for kept in self._frames:
            if kept.speech_of == turn:
                self._bytes -= len(kept.encoded)
                kept.encoded = b""

    def after(self, number: int) -> tuple[int, bytes | str] | None:
        """The first frame after this number that is still wanted, and its number; None when there is none."""
        for index in range(max(0, number + 1 - self.oldest), len(self._frames)):
            kept = self._frames[index]
            if kept.encoded:
                return kept.number, kept.encoded
        return None
