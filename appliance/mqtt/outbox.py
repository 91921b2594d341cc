"""What waits to be published: bounded, oldest first, and nothing is sent after it has expired. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

import msgspec


class Sent(Enum):
    """What became of a publish."""

    SENT = "sent"
    """The broker has it (with QoS 0: it was written to the connection)."""
    EXPIRED = "expired"
    """It waited too long for a connection; it will never be sent."""
    DROPPED = "dropped"
    """Too much waits already; it will never be sent."""
    UNCERTAIN = "uncertain"
    """The connection broke while it was on its way; it is not sent again."""


class Outgoing(msgspec.Struct, eq=False):
    """One publish; `expires_at` is on the clock of the client, `done` hears what became of it, once."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    expires_at: float | None
    done: Callable[[Sent], None]


class Outbox:
    """Holds at most `limit` messages of at most `limit_bytes` together."""

    def __init__(self, limit: int, limit_bytes: int) -> None:
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._waiting: deque[Outgoing] = deque()
        self._bytes = 0
        self.dropped = 0
        self.expired = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, item: Outgoing) -> None:
        """Queue it; when there is no room, the new one is dropped: the older ones were promised first."""
        if len(self._waiting) >= self._limit or self._bytes + len(item.payload) > self._limit_bytes:
            self.dropped += 1
            item.done(Sent.DROPPED)
            return
        self._waiting.append(item)
        self._bytes += len(item.payload)

    def take(self, now: float) -> Outgoing | None:
        """The next one that has not expired."""
        while self._waiting:
            item = self._waiting.popleft()
            self._bytes -= len(item.payload)
            if item.expires_at is None or now < item.expires_at:
                return item
            self._expire(item)
        return None

    def expire(self, item: Outgoing) -> bool:
        """Take this one out because its time is over; False when it is not here (any more)."""
        if item not in self._waiting:
            return False
        self._waiting.remove(item)
        self._bytes -= len(item.payload)
        self._expire(item)
        return True

    def _expire(self, item: Outgoing) -> None:
        self.expired += 1
        item.done(Sent.EXPIRED)
