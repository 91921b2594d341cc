"""What the rest of the program sees of the broker: publish, subscribe, and the state of the connection.

Knows no MQTT library; `client` gives it a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from appliance.mqtt.address import NEVER, Connection
from appliance.mqtt.inbox import InboxCounts
from appliance.mqtt.outbox import Outbox, Outgoing, Sent
from appliance.mqtt.routing import Handler, Routes

LOG = logging.getLogger(__name__)
MAX_OUTBOX_BYTES = 4 * 1024 * 1024


class Exchange:
    """Handlers and waiting messages; used in one event loop."""

    def __init__(self, max_waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._routes = Routes()
        self._outbox = Outbox(max_waiting, MAX_OUTBOX_BYTES)
        self._to_send = asyncio.Event()
        self._to_subscribe: dict[str, None] = {}
        self._subscribing = asyncio.Event()
        self._listeners: list[Callable[[Connection], None]] = []
        self._up = asyncio.Event()
        self.counts = InboxCounts()
        self.connection = NEVER
        """The state now, with reason and hint while there is no connection."""

    @property
    def connected(self) -> bool:
        """Is there a connection, with everything subscribed?"""
        return self.connection.connected

    @property
    def dropped(self) -> dict[str, int]:
        """What was lost so far, by why."""
        counts, outbox = self.counts, self._outbox
        return {
            "received_too_big": counts.too_big,
            "received_dropped": counts.dropped,
            "sent_dropped": outbox.dropped,
            "sent_expired": outbox.expired,
        }

    @property
    def waiting(self) -> int:
        """Messages that wait to be published."""
        return len(self._outbox)

    def on_connection(self, listener: Callable[[Connection], None]) -> None:
        """Hear of every change of `connection`."""
        self._listeners.append(listener)

    async def wait_connected(self, seconds: float) -> bool:
        """Wait for a connection; False when there is none by then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()
        return self.connected

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 0) -> None:
        """Let `handler` hear this filter from now on, over every reconnection; retained messages come first.

        Asking again for a filter makes the broker repeat its retained messages. Raises ValueError for a
        filter that is none.
        """
        self._routes.add(topic_filter, handler, qos)
        self._resubscribe(topic_filter)

    def unsubscribe(self, topic_filter: str, handler: Handler) -> None:
        """Let it hear this filter no more."""
        if self._routes.remove(topic_filter, handler):
            self._resubscribe(topic_filter)

    async def publish(
        self,
        topic: str,
        payload: bytes | str,
        qos: int = 0,
        *,
        retain: bool = False,
        expires_seconds: float | None = None,
    ) -> Sent:
        """Send, or wait for a connection to send; with `expires_seconds` never later than that."""
        outcome: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        item = self._item(topic, payload, qos, retain, expires_seconds)
        self._queue(item, lambda sent: _settle(outcome, sent))
        try:
            async with asyncio.timeout(expires_seconds):
                return await asyncio.shield(outcome)
        except TimeoutError:
            return Sent.EXPIRED if self._outbox.expire(item) else Sent.UNCERTAIN
        except asyncio.CancelledError:
            self._outbox.expire(item)
            raise

    def post(self, topic: str, payload: bytes | str, qos: int = 0, *, retain: bool = False) -> None:
        """Send when there is a connection, without waiting to hear what became of it (losses are counted)."""
        self._queue(self._item(topic, payload, qos, retain, None), _ignore)

    # --- what the connection uses -------------------------------------------------------------------------

    def _item(
        self, topic: str, payload: bytes | str, qos: int, retain: bool, expires: float | None, /
    ) -> Outgoing:
        raw = payload.encode() if isinstance(payload, str) else payload
        expires_at = None if expires is None else self._clock() + expires
        return Outgoing(topic, raw, qos, retain, expires_at, _ignore)

    def _queue(self, item: Outgoing, done: Callable[[Sent], None]) -> Outgoing:
        item.done = done
        self._outbox.put(item)
        self._to_send.set()
        return item

    def _resubscribe(self, topic_filter: str) -> None:
        self._to_subscribe[topic_filter] = None
        self._subscribing.set()

    def _set(self, connection: Connection) -> None:
        if connection == self.connection:
            return
        self.connection = connection
        if connection.connected:
            self._up.set()
            LOG.info("MQTT: connected")
        else:
            self._up.clear()
            level = logging.WARNING if connection.hint else logging.INFO
            LOG.log(level, "MQTT: %s; %s", connection.reason, connection.hint)
        for listener in self._listeners:
            listener(connection)


def _settle(outcome: asyncio.Future[Sent], sent: Sent) -> None:
    if not outcome.done():
        outcome.set_result(sent)


def _ignore(sent: Sent) -> None:
    del sent
