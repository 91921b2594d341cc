"""Messages that came in and wait for their handlers: bounded in number and bytes, losses counted."""

from __future__ import annotations

import asyncio
from typing import Any


class InboxCounts:
    """What was lost; lives longer than one connection."""

    def __init__(self) -> None:
        self.received = 0
        self.too_big = 0
        self.dropped = 0


class Inbox(asyncio.Queue[Any]):
    """A queue of messages (anything with a `payload`) that drops what does not fit instead of growing."""

    def __init__(self, counts: InboxCounts, limit: int, limit_bytes: int, payload_bytes: int) -> None:
        super().__init__()
        self._counts = counts
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._payload_bytes = payload_bytes
        self._bytes = 0

    def put_nowait(self, item: Any) -> None:
        """Queue it, or count it as too big or dropped."""
        size = len(item.payload)
        if size > self._payload_bytes:
            self._counts.too_big += 1
        elif self.qsize() >= self._limit or self._bytes + size > self._limit_bytes:
            self._counts.dropped += 1
        else:
            self._counts.received += 1
            super().put_nowait(item)

    def _put(self, item: Any) -> None:
        self._bytes += len(item.payload)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self._bytes -= len(item.payload)
        return item
