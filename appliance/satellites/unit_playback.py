"""Speech from the hub on its way to the own loudspeaker, a little of it gathered first. Pure."""

from __future__ import annotations

from appliance.satellites.protocol_audio import SAMPLE_BYTES, Chunk, Sequence
from appliance.wire import messages

MAX_HELD_SECONDS = 15.0
"""More than any hub sends ahead: what is beyond it is dropped and counted."""


class Playback:
    """The speech of one run. Times are monotonic seconds; returned messages are for the sound stage."""

    def __init__(self, run: int, jitter_seconds: float) -> None:
        self.run = run
        self._jitter = jitter_seconds
        self._sequence = Sequence()
        self._held: list[Chunk] = []
        self._held_seconds = 0.0
        self._open_at: float | None = None
        self._flowing = False
        self._started_at: float | None = None
        self._received = 0.0
        self.ended = False
        """All of it came."""
        self.dropped = 0

    @property
    def lost(self) -> int:
        """Chunks that never came."""
        return self._sequence.lost

    def add(self, chunk: Chunk, now: float) -> list[messages.Message]:
        """The next chunk; what can be played now."""
        if self.ended or not self._sequence.accept(chunk):
            self.dropped += 1
            return []
        seconds = len(chunk.pcm) / (SAMPLE_BYTES * chunk.rate_hz)
        if self._received - self.played_seconds(now) + seconds > MAX_HELD_SECONDS:
            self.dropped += 1
        else:
            self._held.append(chunk)
            self._received += seconds
            self._held_seconds += seconds
        self.ended = chunk.last
        if self._open_at is None:
            self._open_at = now + self._jitter
        return self.due(now)

    def due(self, now: float) -> list[messages.Message]:
        """What can be played now, because enough was gathered, all came, or the time is over."""
        waited = self._open_at is not None and now >= self._open_at
        if not (self._flowing or self.ended or waited or self._held_seconds >= self._jitter):
            return []
        self._flowing = True
        held, self._held = self._held, []
        out: list[messages.Message] = [
            messages.Play(self.run, chunk.rate_hz, chunk.pcm) for chunk in held if chunk.pcm
        ]
        if self.ended:
            out.append(messages.PlayEnd(self.run))
        return out

    def started(self, now: float) -> None:
        """The first sample left for the loudspeaker."""
        self._started_at = now

    @property
    def audible(self) -> bool:
        """Is it being played?"""
        return self._started_at is not None

    def played_seconds(self, now: float) -> float:
        """Played so far, as far as the clock knows."""
        if self._started_at is None:
            return 0.0
        return min(self._received, max(0.0, now - self._started_at))
