"""The harness itself: what is announced on the broker arrives in Home Assistant, and leaves it again."""

from __future__ import annotations

import json

from appliance.mqtt.outbox import Sent
from tests.broker import Mosquitto
from tests.hass.harness import HomeAssistant
from tests.home.harness import running, until

SINGLE = "homeassistant/sensor/harness_single/config"
DEVICE = "homeassistant/device/harness_device/config"


async def publish(broker: Mosquitto, **payloads: object) -> None:
    async with running(broker.address(), "harness") as client:
        await until(lambda: client.connection.connected)
        for topic, payload in payloads.items():
            text = "" if payload is None else payload if isinstance(payload, str) else json.dumps(payload)
            assert await client.publish(topic, text.encode(), qos=1, retain=True) is Sent.SENT


async def test_both_forms_of_discovery_appear_and_leave_nothing(hass: HomeAssistant) -> None:
    single = {
        "name": "Outside",
        "unique_id": "harness_outside",
        "state_topic": "harness/outside",
        "unit_of_measurement": "°C",
        "device_class": "temperature",
        "device": {"identifiers": ["harness_1"], "name": "Weather station"},
    }
    device = {
        "device": {"identifiers": ["harness_2"], "name": "Fountain"},
        "origin": {"name": "test"},
        "components": {
            "pump": {
                "platform": "switch",
                "name": "Pump",
                "unique_id": "harness_pump",
                "state_topic": "harness/pump",
                "command_topic": "harness/pump/set",
            }
        },
    }
    await publish(hass.broker, **{SINGLE: single, DEVICE: device})
    await publish(hass.broker, **{"harness/outside": "21.5", "harness/pump": "ON"})
    await hass.wait_for_state("sensor.weather_station_outside", "21.5")
    await hass.wait_for_state("switch.fountain_pump", "on")
    assert await hass.entities_of("Fountain") == {"Pump": "switch.fountain_pump"}

    async with running(hass.broker.address(), "device") as client:
        commands: list[bytes] = []
        client.subscribe("harness/pump/set", lambda _topic, payload, _retained: commands.append(payload))
        await until(lambda: client.connection.connected)
        await hass.call_service("switch.turn_off", "switch.fountain_pump")
        await until(lambda: commands)
        assert commands == [b"OFF"]

    await hass.remove_device("Fountain")
    await publish(hass.broker, **{SINGLE: None})
    await hass.wait_for(lambda: gone(hass, "Fountain", "Weather station"))


async def gone(hass: HomeAssistant, *names: str) -> bool:
    return not {device["name"] for device in await hass.devices()} & set(names)


async def test_it_forgets_nothing_when_restarted(hass: HomeAssistant) -> None:
    await hass.call_service("input_boolean.turn_on", "input_boolean.guests")
    await hass.restart()
    assert await hass.state("input_boolean.guests") == "on"
    assert hass.running
    await hass.call_service("input_boolean.turn_off", "input_boolean.guests")


async def test_a_killed_one_starts_again(hass: HomeAssistant) -> None:
    await hass.kill()
    assert not hass.running
    await hass.start()
    assert "input_boolean.guests" in await hass.states()
