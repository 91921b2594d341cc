"""The connection to the broker: made again for ever, and honest about why there is none.

The only importer of the MQTT library. Each connection is a fresh client with a clean session, so nothing is
ever sent twice: a publish whose acknowledgement was lost with the connection is `Sent.UNCERTAIN`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from appliance.config.model import Mqtt
from appliance.mqtt.address import Address, Connection, backoff_seconds, explain
from appliance.mqtt.exchange import Exchange
from appliance.mqtt.inbox import Inbox
from appliance.mqtt.outbox import Outgoing, Sent
from appliance.mqtt.tls import handshake
from appliance.tasks import end

LOG = logging.getLogger(__name__)
ONLINE, OFFLINE = b"online", b"offline"
MAX_INBOX = 20_000
MAX_INBOX_BYTES = 16 * 1024 * 1024
MAX_IN_FLIGHT = 8
FILTERS_A_PACKET = 32
MESSAGES_A_TURN = 64
"""After so many messages in a row everything else gets its turn."""
STEADY_SECONDS = 5.0
"""A connection that lasted so long starts the back-off from its beginning."""
SHORT_IN_A_ROW = 3
SAME_NAME_HINT = "does another program use the same mqtt.client_id? give one of them another"
GOODBYE_SECONDS = 0.5
UNSUPPORTED_VERSION = 132
FIRST_FAILURE = 128
_VERSIONS = {
    "auto": aiomqtt.ProtocolVersion.V5,
    "5": aiomqtt.ProtocolVersion.V5,
    "3.1.1": aiomqtt.ProtocolVersion.V311,
}
STOPPED = Connection(connected=False, reason="the connection was closed by ourselves")


class MqttClient(Exchange):
    """One connection, for ever. Made and used in one event loop."""

    def __init__(
        self,
        settings: Mqtt,
        address: Address,
        client_id: str,
        *,
        status_topic: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`status_topic` says `online` (retained) while connected, and `offline` after any end."""
        super().__init__(settings.max_waiting, clock)
        self._settings = settings
        self._address = address
        self._client_id = client_id
        self._status_topic = status_topic
        self._protocol = _VERSIONS[settings.version]
        self.connections = 0

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        try:
            await self._keep_connected()
        finally:
            self._set(STOPPED)

    async def _keep_connected(self) -> None:
        failures = short = 0
        while True:
            started = self._clock()
            connected_before = self.connections
            try:
                await self._connect_and_serve()
            except aiomqtt.MqttError as error:
                self._explain(error)
            except OSError as error:  # of TLS: its files, its handshake
                self._set(explain(self._address, None, error))
            made = self.connections > connected_before
            steady = made and self._clock() - started > STEADY_SECONDS
            failures = 0 if steady else failures + 1
            short = short + 1 if made and not steady else 0
            if short >= SHORT_IN_A_ROW:
                self._set(Connection(False, self.connection.reason, SAME_NAME_HINT))
            await asyncio.sleep(self._pause(failures))

    def _pause(self, failures: int) -> float:
        settings = self._settings
        low, high = settings.reconnect_min_seconds, settings.reconnect_max_seconds
        return backoff_seconds(low, high, failures, random.random())  # noqa: S311

    # --- one connection -----------------------------------------------------------------------------------

    async def _connect_and_serve(self) -> None:
        """Raises MqttError when the connection cannot be made or ends."""
        inbox = Inbox(self.counts, MAX_INBOX, MAX_INBOX_BYTES, self._settings.max_payload_bytes)
        client = await self._library_client(inbox)
        await _enter(client)
        workers = [asyncio.create_task(self._receive(client, inbox))]
        try:
            await self._first_subscriptions(client, workers[0])
            self.connections += 1
            self._set(Connection(connected=True))
            workers.append(asyncio.create_task(self._subscribe_more(client)))
            workers.append(asyncio.create_task(self._send(client)))
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._leave(client, workers)
        for worker in workers:
            if worker.done() and not worker.cancelled():
                worker.result()
        raise aiomqtt.MqttError("the connection ended")

    async def _library_client(self, inbox: Inbox) -> aiomqtt.Client:
        address, settings = self._address, self._settings
        context = await handshake(address, settings.connect_seconds)
        version5 = self._protocol is aiomqtt.ProtocolVersion.V5
        will = aiomqtt.Will(self._status_topic, OFFLINE, 1, retain=True) if self._status_topic else None
        return aiomqtt.Client(
            address.host,
            address.port,
            username=address.username or None,
            password=address.password or None,
            identifier=self._client_id,
            protocol=self._protocol,
            clean_start=cast("Any", True) if version5 else 3,
            clean_session=None if version5 else True,
            properties=_limits(settings.max_payload_bytes) if version5 else None,
            keepalive=settings.keepalive_seconds,
            timeout=settings.connect_seconds,
            will=will,
            tls_context=context,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # a command is two small writes
            queue_type=cast("Any", lambda maxsize: inbox),  # noqa: ARG005
        )

    async def _first_subscriptions(self, client: aiomqtt.Client, receiver: asyncio.Task[None]) -> None:
        """Everything is heard before the first command goes out."""
        self._to_subscribe = dict.fromkeys(topic_filter for topic_filter, _ in self._routes.filters())
        subscribing = asyncio.create_task(self._subscribe_pending(client))
        await asyncio.wait({subscribing, receiver}, return_when=asyncio.FIRST_COMPLETED)
        if not subscribing.done():
            subscribing.cancel()
            receiver.result()
        await subscribing
        if self._status_topic:
            await client.publish(self._status_topic, ONLINE, 1, retain=True)

    async def _leave(self, client: aiomqtt.Client, workers: list[asyncio.Task[None]]) -> None:
        was_connected = self.connected
        await end(*workers)
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                if self._status_topic and was_connected:
                    await client.publish(self._status_topic, OFFLINE, 1, retain=True)
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)

    async def _receive(self, client: aiomqtt.Client, inbox: Inbox) -> None:
        async for message in client.messages:
            self._dispatch(message)
            for _ in range(MESSAGES_A_TURN):
                if inbox.empty():
                    break
                self._dispatch(inbox.get_nowait())
            await asyncio.sleep(0)

    def _dispatch(self, message: aiomqtt.Message) -> None:
        topic = message.topic.value
        payload = message.payload if isinstance(message.payload, bytes) else b""
        for handler in self._routes.handlers(topic):
            try:
                handler(topic, payload, message.retain)
            except Exception:  # a handler's own fault must not cost everyone the connection
                LOG.exception("a handler of MQTT topic %r failed", topic)

    async def _subscribe_more(self, client: aiomqtt.Client) -> None:
        while True:
            await self._subscribing.wait()
            await self._subscribe_pending(client)

    async def _subscribe_pending(self, client: aiomqtt.Client) -> None:
        while self._to_subscribe:
            batch = list(self._to_subscribe)[:FILTERS_A_PACKET]
            for topic_filter in batch:
                del self._to_subscribe[topic_filter]
            wanted = [(name, qos) for name in batch if (qos := self._routes.qos(name)) is not None]
            unwanted = [name for name in batch if self._routes.qos(name) is None]
            if wanted:
                codes = await client.subscribe(wanted)
                _report_refused([name for name, _ in wanted], codes)
            if unwanted:
                await client.unsubscribe(unwanted)
        self._subscribing.clear()

    async def _send(self, client: aiomqtt.Client) -> None:
        """Hands messages to the library in order; up to `MAX_IN_FLIGHT` wait for their acknowledgement."""
        flying: dict[asyncio.Task[None], Outgoing] = {}
        try:
            while True:
                item = self._outbox.take(self._clock())
                if item is None:
                    self._to_send.clear()
                    await self._to_send.wait()
                    continue
                flying[asyncio.create_task(self._send_one(client, item))] = item
                await asyncio.sleep(0)
                if len(flying) >= MAX_IN_FLIGHT:
                    await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                flying = {task: item for task, item in flying.items() if not task.done()}
        finally:
            await end(*flying)
            for item in flying.values():
                item.done(Sent.UNCERTAIN)

    async def _send_one(self, client: aiomqtt.Client, item: Outgoing) -> None:
        version5 = self._protocol is aiomqtt.ProtocolVersion.V5
        left = None if item.expires_at is None or item.retain else item.expires_at - self._clock()
        properties = _expiry(left) if version5 and left is not None else None
        try:
            await client.publish(item.topic, item.payload, item.qos, item.retain, properties)
            item.done(Sent.SENT)
        except (aiomqtt.MqttError, ValueError) as error:
            LOG.warning("MQTT: a message to %r may be lost: %s", item.topic, error)
            item.done(Sent.UNCERTAIN)

    # --- small things -------------------------------------------------------------------------------------

    def _explain(self, error: aiomqtt.MqttError) -> None:
        code = next((rc.value for rc in _codes(error)), None)
        if code == UNSUPPORTED_VERSION and self._settings.version == "auto":
            self._protocol = aiomqtt.ProtocolVersion.V311
        self._set(explain(self._address, code, error.__cause__ or error.__context__))


def _codes(error: BaseException) -> Iterator[ReasonCode]:
    """The broker's own words about this error."""
    for link in (error, error.__cause__):
        code = getattr(link, "rc", None)
        if isinstance(code, ReasonCode):
            yield code


async def _enter(client: aiomqtt.Client) -> None:
    """Connect; when cancelled meanwhile, what may still come of it is closed again."""
    connecting = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(connecting)
    except asyncio.CancelledError:
        with contextlib.suppress(aiomqtt.MqttError):
            await connecting
            await client.__aexit__(None, None, None)
        raise


def _limits(payload_bytes: int) -> Properties:
    """Tell the broker not to send packets above our limit (topic and headers come on top)."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = payload_bytes + 2_048
    return properties


def _expiry(seconds: float) -> Properties:
    """Tell the broker not to keep a command for a device that sleeps longer than this."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = max(1, math.ceil(seconds))
    return properties


def _report_refused(filters: list[str], codes: Any) -> None:
    for name, code in zip(filters, codes, strict=False):
        value = code.value if isinstance(code, ReasonCode) else int(code)
        if value >= FIRST_FAILURE:
            LOG.warning("MQTT: the broker does not let us listen to %r", name)


async def probe(address: Address, seconds: float = 2.0) -> Connection:
    """Connect once, and say how that went."""
    try:
        context = await handshake(address, seconds)
        client = aiomqtt.Client(
            address.host,
            address.port,
            username=address.username or None,
            password=address.password or None,
            tls_context=context,
            timeout=seconds,
        )
        await _enter(client)
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError as error:
        code = next((rc.value for rc in _codes(error)), None)
        return explain(address, code, error.__cause__ or error.__context__)
    except OSError as error:
        return explain(address, None, error)
    return Connection(connected=True)


async def command(
    address: Address, topic: str, payload: bytes, answer_topic: str, seconds: float
) -> bytes | None:
    """Publish once and wait for the one answer; None when there is none in time, or no connection."""
    try:
        async with asyncio.timeout(seconds):
            context = await handshake(address, seconds)
            async with aiomqtt.Client(
                address.host,
                address.port,
                username=address.username or None,
                password=address.password or None,
                tls_context=context,
                timeout=seconds,
            ) as client:
                await client.subscribe(answer_topic, qos=1)
                await client.publish(topic, payload, qos=1)
                async for message in client.messages:
                    return message.payload if isinstance(message.payload, bytes) else b""
    except (aiomqtt.MqttError, OSError) as error:
        LOG.warning("MQTT: %s: no answer (%s)", topic, error)
    return None
