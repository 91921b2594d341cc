"""A test alert to Home Assistant: through the broker, by the entity that discovery announces.

What Home Assistant does is done here: the retained announcement is read, the entity's topic listened to, its
payload compared. What is sent is the entity's own "on"; after that its former state is put back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from appliance.acceptance import result
from appliance.acceptance.result import Result
from appliance.config.model import Config, HomeAssistant
from appliance.control import asked
from appliance.errors import ApplianceError, HomeError
from appliance.home import machine
from appliance.home.admission import OWN
from appliance.mqtt.address import Address, client_id, resolve
from appliance.mqtt.client import MqttClient
from appliance.mqtt.outbox import Sent
from appliance.presence import remembered
from appliance.tasks import end

ALERT = "alert_store"
CONNECT_SECONDS = 10.0
LOOK_SECONDS = 0.02
MAX_PAYLOAD = 262_144


async def send_test(config: Config) -> Result:
    """Send it, see it arrive, take it back."""
    try:
        topic = announced_at(config)
        async with _connected(config) as client:
            return await _through(client, topic, config.home_assistant)
    except ApplianceError as error:
        return result.alert(None, ALERT, error.message, error.hint)


def announced_at(config: Config) -> str:
    """The discovery topic of the alert. Raises HomeError when it is not announced."""
    for topic, components in remembered.read(remembered.path_of(Path(config.paths.data))).items():
        if ALERT in components:
            return topic
    if config.home.discovery_form == "none":
        raise HomeError(
            'home.discovery_form = "none": nothing is announced', 'set it to "device", and restart'
        )
    raise HomeError("nothing is announced to Home Assistant", "appliance logs --live --errors")


@asynccontextmanager
async def _connected(config: Config) -> AsyncIterator[MqttClient]:
    address = await _address(config)
    client = MqttClient(config.mqtt, address, f"{client_id(config.mqtt)}-acceptance")
    connection = asyncio.create_task(client.run())
    try:
        if not await client.wait_connected(CONNECT_SECONDS):
            raise HomeError(
                f"the broker cannot be reached: {client.connection.reason}", client.connection.hint
            )
        yield client
    finally:
        await end(connection)


async def _address(config: Config) -> Address:
    """Of the broker that the running appliance uses, with the appliance's own name there."""
    if config.mqtt.host != "embedded":
        return resolve(config.mqtt)
    data = Path(config.paths.data)
    mqtt = (await asked(data, "status"))["mqtt"]
    try:
        saved = await asyncio.to_thread(machine.read_saved, data / "mosquitto" / "credentials.json")
    except OSError as error:
        raise HomeError(
            f"the broker's password cannot be read: {error.strerror}", "try it with sudo"
        ) from error
    return Address(mqtt["host"], mqtt["port"], OWN, saved.passwords.get(OWN, ""))


class Entity(msgspec.Struct, frozen=True):
    """What Home Assistant makes of an announcement."""

    unique_id: str
    state_topic: str
    on: str


def understood(payload: bytes) -> Entity:
    """The alert in an announcement of a device, or of itself. Raises HomeError."""
    try:
        table = msgspec.json.decode(payload[:MAX_PAYLOAD], type=dict[str, Any])
        table = table.get("components", {}).get(ALERT, table)
        return Entity(str(table["unique_id"]), str(table["state_topic"]), str(table.get("payload_on", "ON")))
    except (msgspec.DecodeError, KeyError, AttributeError, TypeError) as error:
        raise HomeError(
            "the announcement of the alert is not as it should be", "appliance home-assistant show"
        ) from error


async def _through(client: MqttClient, topic: str, hass: HomeAssistant) -> Result:
    heard: dict[str, bytes] = {}
    arrived = asyncio.Event()
    wanted: list[Entity] = []

    def hear(where: str, payload: bytes, retained: bool) -> None:
        del retained
        if wanted and where == wanted[0].state_topic and payload.decode("utf-8", "replace") == wanted[0].on:
            arrived.set()
        heard[where] = payload

    client.subscribe(topic, hear, 1)
    await _until(lambda: topic in heard, "the broker does not keep the announcement of the alert")
    entity = understood(heard[topic])
    client.subscribe(entity.state_topic, hear, 1)
    await _until(lambda: entity.state_topic in heard, "the broker does not keep the state of the alert")
    before = heard[entity.state_topic]
    if before.decode("utf-8", "replace") == entity.on:
        return result.alert(0.0, f"{entity.unique_id} (on by itself)")
    wanted.append(entity)
    began = time.monotonic()
    try:
        await _send(client, entity.state_topic, entity.on.encode())
        try:
            async with asyncio.timeout(result.ALERT_SECONDS):
                await arrived.wait()
        except TimeoutError:
            return result.alert(None, entity.unique_id, "the broker passed nothing on")
        seconds = time.monotonic() - began
        if not hass.url:
            return result.alert(seconds, entity.unique_id)
        from appliance.acceptance import shown  # it brings the WebSocket library

        return result.alert(
            await shown.until_on(hass, entity.unique_id), f"{entity.unique_id} in Home Assistant"
        )
    finally:
        await _send(client, entity.state_topic, before)


async def _until(there: Callable[[], bool], trouble: str) -> None:
    deadline = time.monotonic() + result.ALERT_SECONDS
    while not there():
        if time.monotonic() > deadline:
            raise HomeError(trouble, 'is the appliance running, and home.discovery_form not "none"?')
        await asyncio.sleep(LOOK_SECONDS)


async def _send(client: MqttClient, topic: str, payload: bytes) -> None:
    if await client.publish(topic, payload, 1, retain=True) is not Sent.SENT:
        raise HomeError("the broker did not take the test alert", "appliance status")
