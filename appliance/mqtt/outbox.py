"""What waits to be published: bounded, oldest first, and nothing is sent after it has expired. No I/O.

A retained message says how something *is*: a newer one for the same topic takes the place of one that still
waits, so that an hour without a broker costs one message a topic and not all of them.
"""

from __future__ import annotations

from collections import OrderedDict
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
    REPLACED = "replaced"
    """It waited, and a newer retained message for its topic goes instead; it will never be sent."""
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
        self._waiting: OrderedDict[int, Outgoing] = OrderedDict()
        self._retained: dict[str, Outgoing] = {}
        """Of those that wait, by topic: there is never more than one."""
        self._bytes = 0
        self.dropped = 0
        self.expired = 0
        self.replaced = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, item: Outgoing) -> None:
        """Queue it; when there is no room, the new one is dropped: the older ones were promised first."""
        older = self._retained.get(item.topic) if item.retain else None
        if not self._has_room(item, older):
            self.dropped += 1
            item.done(Sent.DROPPED)
            return
        if older is not None:
            self._remove(older)
            self.replaced += 1
        self._waiting[id(item)] = item
        self._bytes += len(item.payload)
        if item.retain:
            self._retained[item.topic] = item
        if older is not None:
            older.done(Sent.REPLACED)

    def _has_room(self, item: Outgoing, instead_of: Outgoing | None) -> bool:
        size, count, held = len(item.payload), len(self._waiting), self._bytes
        if instead_of is not None:
            count, held = count - 1, held - len(instead_of.payload)
        return count < self._limit and held + size <= self._limit_bytes

    def take(self, now: float) -> Outgoing | None:
        """The next one that has not expired."""
        while self._waiting:
            item = next(iter(self._waiting.values()))
            self._remove(item)
            if item.expires_at is None or now < item.expires_at:
                return item
            self._expire(item)
        return None

    def expire(self, item: Outgoing) -> bool:
        """Take this one out because its time is over; False when it is not here (any more)."""
        if id(item) not in self._waiting:
            return False
        self._remove(item)
        self._expire(item)
        return True

    def _remove(self, item: Outgoing) -> None:
        del self._waiting[id(item)]
        self._bytes -= len(item.payload)
        if item.retain:
            del self._retained[item.topic]

    def _expire(self, item: Outgoing) -> None:
        self.expired += 1
        item.done(Sent.EXPIRED)
