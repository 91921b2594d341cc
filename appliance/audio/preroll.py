"""The last moments of the microphone, so that a command spoken without a pause is heard whole. Pure."""

from __future__ import annotations

from collections import deque

from appliance.audio import pcm

JITTER_MS = 2
"""Times of blocks are whole milliseconds: so far two blocks may seem to overlap."""


class Preroll:
    """A ring of (start in ms of the microphone's clock, pcm), bounded in time and in bytes."""

    def __init__(self, max_ms: int) -> None:
        self._max_ms = max_ms
        self._max_bytes = max_ms * pcm.BYTES_PER_MS
        self._blocks: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._end_ms = 0.0

    def add(self, at_ms: int, block: bytes) -> None:
        """Keep the block that starts at `at_ms`. A clock that jumps back drops everything before."""
        if self._blocks and at_ms < self._end_ms - JITTER_MS:
            self.clear()
        if not block:
            return
        if len(block) > self._max_bytes:
            surplus = -(-(len(block) - self._max_bytes) // pcm.BYTES_PER_MS)
            at_ms, block = at_ms + surplus, block[surplus * pcm.BYTES_PER_MS :]
        self._end_ms = at_ms + pcm.milliseconds(block)
        self._blocks.append((at_ms, block))
        self._bytes += len(block)
        while self._blocks and (self._bytes > self._max_bytes or self._is_stale()):
            self._bytes -= len(self._blocks.popleft()[1])

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()
        self._bytes = 0

    def since(self, at_ms: int) -> list[tuple[int, bytes]]:
        """The kept blocks that end after `at_ms`, in order; the first may start before it."""
        return [(start, block) for start, block in self._blocks if start + pcm.milliseconds(block) > at_ms]

    def joined(self) -> bytes:
        """All that is kept, starting at `from_ms`; where blocks were lost the gap is closed."""
        return b"".join(block for _, block in self._blocks)

    @property
    def from_ms(self) -> int:
        """When the oldest kept block starts; with nothing kept, when the next one should."""
        return self._blocks[0][0] if self._blocks else round(self._end_ms)

    def _is_stale(self) -> bool:
        start, block = self._blocks[0]
        return start + pcm.milliseconds(block) <= self._end_ms - self._max_ms
