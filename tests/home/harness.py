"""Clients, devices and homes in one event loop, ended for certain."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import appliance.home
from appliance.config.model import Home, Mqtt
from appliance.home import entities
from appliance.home.deeds import DeedResult
from appliance.home.entities import House
from appliance.home.mqtt_devices import MqttDevices
from appliance.home.simulated import SimulatedHome
from appliance.mqtt.address import Address
from appliance.mqtt.client import MqttClient
from appliance.wire.messages import Deed

QUICK = Mqtt(reconnect_min_seconds=0.05, reconnect_max_seconds=0.2, connect_seconds=2.0)
SETTINGS = Home(settle_seconds=0.1, already_seconds=0.3, deed_deadline_seconds=5.0)
DEMO = Path(appliance.home.__file__).parent / "demo.json"
WAIT_SECONDS = 20.0
LIGHT = "light.kitchen_light"


async def until(condition: Callable[[], object], every_seconds: float = 0.01) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(every_seconds)


@contextlib.asynccontextmanager
async def running(address: Address, name: str = "test", **options) -> AsyncIterator[MqttClient]:
    """A client that keeps its connection."""
    client = MqttClient(options.pop("settings", QUICK), address, name, **options)
    task = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def devices(address: Address, home: Home = SETTINGS, **options) -> AsyncIterator[MqttDevices]:
    """What is announced on this broker; `.client` is its connection, `.changes` counts."""
    async with running(address, "devices") as client:
        changes: list[int] = []
        found = MqttDevices(client, home, on_change=lambda: changes.append(1), **options)
        found.client, found.changes = client, changes
        found.start()
        try:
            yield found
        finally:
            found.stop()


@contextlib.asynccontextmanager
async def simulated(house: House, address: Address, **options) -> AsyncIterator[SimulatedHome]:
    """A simulated home that is announced."""
    home = SimulatedHome(house, address, **options)
    try:
        await home.start()
        yield home
    finally:
        await home.stop()


def demo(**faults: dict[str, object]) -> House:
    """The demonstration home; faults by the part of the id behind the domain."""
    house = entities.load(DEMO)
    return house.with_entities(
        entities.Entity(
            **{
                **{name: getattr(entity, name) for name in entity.__struct_fields__},
                "attributes": {**entity.attributes, **faults.get(entity.id.partition(".")[2], {})},
            }
        )
        for entity in house.entities
    )


def state(found: MqttDevices, entity_id: str) -> str | None:
    """The state that the house shows, or None when there is no such entity."""
    entity = found.house().entity(entity_id)
    return entity and entity.state


async def one(
    found: MqttDevices, service="turn_on", entity_id=LIGHT, domain="homeassistant", deadline=None, **data
) -> DeedResult:
    """One deed on one entity."""
    (result,) = await found.perform(Deed(domain, service, (entity_id,), data), deadline)
    return result
