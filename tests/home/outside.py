"""The own broker with doors to the outside, and clients that do not keep to the rules."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from appliance.home.accounts import Account
from appliance.home.broker import EmbeddedBroker
from appliance.home.mosquitto import Outside
from appliance.mqtt.address import satellite_id
from tests.broker import free_port

SECONDS = 10.0


class Doors:
    """A running broker; `who` holds the passwords of those who were let in."""

    def __init__(self, broker: EmbeddedBroker, outside: Outside) -> None:
        self.broker = broker
        self.outside = outside
        self.who: dict[str, str] = {}

    async def admit(self, name: str, kind: Any = "satellite", topics: tuple[str, ...] = ()) -> None:
        self.who[name] = await self.broker.admit(Account(name, kind, topics=topics))

    def id_of(self, name: str) -> str:
        return satellite_id(name, self.who[name])

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.broker.authority)

    @contextlib.asynccontextmanager
    async def visitor(self, name: str, **options: Any) -> AsyncIterator[Visitor]:
        """Somebody who was let in, through the encrypted door."""
        settings: dict[str, Any] = {
            "port": self.outside.tls_port, "username": name, "password": self.who.get(name, ""),
            "identifier": self.id_of(name) if name in self.who else None, "tls_context": self.trust(),
            "protocol": aiomqtt.ProtocolVersion.V5, "timeout": SECONDS,
        }  # fmt: skip
        async with aiomqtt.Client("127.0.0.1", **(settings | options)) as client:
            visitor = Visitor(client)
            listening = asyncio.create_task(visitor.listen())
            try:
                yield visitor
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def appliance(self) -> AsyncIterator[Visitor]:
        """The appliance itself, which hears everything."""
        address = self.broker.credentials()
        options = {"port": address.port, "tls_context": None, "identifier": None}
        async with self.visitor(address.username, password=address.password, **options) as visitor:
            await visitor.subscribe("#")
            yield visitor


class Visitor:
    """A client whose messages are kept."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.got: list[tuple[str, bytes]] = []
        self.lost = asyncio.Event()

    async def listen(self) -> None:
        try:
            async for message in self.client.messages:
                self.got.append((message.topic.value, bytes(message.payload or b"")))
        except aiomqtt.MqttError:
            self.lost.set()

    async def subscribe(self, *filters: str) -> list[int]:
        """The broker's answers; 128 and above are refusals."""
        answers = []
        for each in filters:
            codes = await self.client.subscribe(each, qos=1)
            answers += [code if isinstance(code, int) else code.value for code in codes]
        return answers

    async def say(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Publish, whatever the broker thinks of it."""
        await self.client.publish(topic, payload, qos=1, retain=retain)

    async def hears(self, topic: str) -> None:
        """Wait until this topic came."""
        async with asyncio.timeout(SECONDS):
            while topic not in self.topics():
                await asyncio.sleep(0.005)

    def topics(self) -> set[str]:
        return {topic for topic, _ in self.got}


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    outside = Outside("127.0.0.1", free_port(), free_port())
    broker = EmbeddedBroker(tmp_path, 0, outside=outside)
    try:
        await broker.start()
        yield Doors(broker, outside)
    finally:
        await broker.stop()
