"""Speech on its way to one satellite: never further ahead of its loudspeaker than it can hold. Pure."""

from __future__ import annotations

from collections import deque

from appliance.satellites.protocol_audio import HEADER, SAMPLE_BYTES, Chunk

MAX_QUEUED_SECONDS = 120.0
"""Longer than any reply; what does not fit is dropped and counted."""
SLACK_SECONDS = 0.02


class Speech:
    """The speech of one run; all times are monotonic seconds."""

    def __init__(self, run: int, max_payload_bytes: int, max_ahead_seconds: float) -> None:
        self.run = run
        self._piece_bytes = (max_payload_bytes - HEADER.size) // SAMPLE_BYTES * SAMPLE_BYTES
        self._max_ahead = max_ahead_seconds
        self._queue: deque[tuple[int, bytes]] = deque()
        self._queued_seconds = 0.0
        self._sent_seconds = 0.0
        self._played = (0.0, 0.0)
        """So many seconds were played at that time."""
        self._sequence = 0
        self._rate_hz = 0
        self._ended = self._last_sent = False
        self.heard = False
        """Its first sample left the loudspeaker."""
        self.over = False
        """All of it was played."""
        self.dropped_seconds = 0.0

    @property
    def owed(self) -> bool:
        """Was something sent of which the satellite has not said that it played it?"""
        return self._rate_hz > 0 and not self.over

    def put(self, rate_hz: int, pcm: bytes) -> None:
        """More speech; an odd last byte is dropped."""
        pcm = pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES]
        seconds = _seconds(rate_hz, pcm)
        if self._queued_seconds + seconds > MAX_QUEUED_SECONDS:
            self.dropped_seconds += seconds
            return
        for start in range(0, len(pcm), self._piece_bytes):
            self._queue.append((rate_hz, pcm[start : start + self._piece_bytes]))
        self._queued_seconds += seconds

    def end(self) -> None:
        """Nothing more follows."""
        self._ended = True

    def playing(self, seconds: float, now: float) -> None:
        """The satellite says how much it has played; it cannot have played more than it got."""
        self._played = (min(seconds, self._sent_seconds), now)

    def due(self, now: float) -> list[Chunk]:
        """What is to be sent now."""
        chunks = []
        while self._queue and self._ahead(now) < self._max_ahead:
            chunks.append(self._next(now))
        if self._ended and not self._queue and not self._last_sent:
            if not chunks:
                chunks.append(self._chunk(self._rate_hz or 16_000, b"", last=True))
            self._last_sent = True
        return chunks

    def wait_seconds(self, now: float) -> float | None:
        """When to ask for what is due again; None when nothing waits."""
        if not self._queue:
            return None
        return max(0.0, self._ahead(now) - self._max_ahead) + SLACK_SECONDS

    def _ahead(self, now: float) -> float:
        played, then = self._played
        return self._sent_seconds - min(self._sent_seconds, played + now - then)

    def _next(self, now: float) -> Chunk:
        rate_hz, pcm = self._queue.popleft()
        if not self._sent_seconds:
            self._played = (0.0, now)
        chunk = self._chunk(rate_hz, pcm, last=self._ended and not self._queue)
        self._queued_seconds -= _seconds(rate_hz, pcm)
        self._sent_seconds += _seconds(rate_hz, pcm)
        return chunk

    def _chunk(self, rate_hz: int, pcm: bytes, *, last: bool) -> Chunk:
        first = rate_hz != self._rate_hz
        if first:
            self._rate_hz, self._sequence = rate_hz, 0
        at_ms = round(self._sent_seconds * 1000)
        chunk = Chunk(self.run, self._sequence, at_ms, pcm, rate_hz, first, last)
        self._sequence += 1
        return chunk


def _seconds(rate_hz: int, pcm: bytes) -> float:
    return len(pcm) / (SAMPLE_BYTES * rate_hz)
