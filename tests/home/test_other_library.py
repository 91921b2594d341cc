"""Devices that are made with another people's library for this protocol, from PyPI."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.home.harness import devices, one, state, until


def test_devices_of_ha_mqtt_discoverable(broker):
    library = pytest.importorskip("ha_mqtt_discoverable", reason="ha-mqtt-discoverable is not installed")
    from ha_mqtt_discoverable import sensors

    address = broker.address()
    connection = library.Settings.MQTT(
        host=address.host, port=address.port, username=address.username, password=address.password
    )
    made = []

    def device(kind, info, obey):
        holder = []
        settings = library.Settings(mqtt=connection, entity=info)
        holder.append(
            kind(settings, lambda _client, _data, message: obey(holder[0], message.payload.decode()))
        )
        made.append(holder[0])
        return holder[0]

    def shine(lamp, payload):
        wish = json.loads(payload)
        if "color" in wish:
            lamp.color("rgb", wish["color"])
        elif "brightness" in wish:
            lamp.brightness(wish["brightness"])
        else:
            lamp.on() if wish["state"] == "ON" else lamp.off()

    def announce():
        """The states come later: this library lets the broker keep only its announcements."""
        lamp = sensors.LightInfo(
            name="Lamp", unique_id="l", brightness=True, color_mode=True, supported_color_modes=["rgb"]
        )
        move = {"OPEN": "open", "CLOSE": "closed", "STOP": "stopped"}
        turn = {"LOCK": "locked", "UNLOCK": "unlocked"}
        blind = sensors.CoverInfo(name="Blind", unique_id="c", device_class="blind")
        lock = sensors.LockInfo(name="Shed", unique_id="k")
        number = sensors.NumberInfo(name="Level", unique_id="n", min=0, max=10)
        device(sensors.Light, lamp, shine)
        device(sensors.Cover, blind, lambda cover, said: getattr(cover, move[said])())
        device(sensors.Lock, lock, lambda lock, said: getattr(lock, turn[said])())
        device(sensors.Number, number, lambda number, said: number.set_value(float(said)))
        note = sensors.TextInfo(name="Note", unique_id="t")
        device(sensors.Text, note, lambda text, said: text.set_text(said))
        for each in made:
            each.write_config()

    def say():
        lamp, blind, lock, number, text = made
        lamp.off()
        blind.closed()
        lock.unlocked()
        number.set_value(3)
        text.set_text("x")

    async def play():
        async with devices(address) as found:
            await until(lambda: found.client.connected)
            await asyncio.to_thread(announce)
            await until(lambda: len(found) == 5)
            await found.settle(5)
            await until(lambda: not found.client._to_subscribe)
            await asyncio.to_thread(say)
            ids = ("light.lamp", "cover.blind", "lock.shed", "number.level", "text.note")
            await until(
                lambda: all(state(found, each) not in {None, "unknown", "unavailable"} for each in ids)
            )
            assert (
                await one(found, domain="light", entity_id="light.lamp", brightness_pct=40)
            ).outcome == "done"
            red = await one(found, domain="light", entity_id="light.lamp", color_name="red")
            assert red.outcome == "done"
            assert found.house().entity("light.lamp").attributes["rgb_color"] == [255, 0, 0]
            assert (await one(found, entity_id="cover.blind")).after == "open"
            assert (await one(found, "lock", "lock.shed", "lock")).after == "locked"
            assert (await one(found, "set_value", "number.level", "number", value=7)).outcome == "done"
            assert (await one(found, "set_value", "text.note", "text", value="hello")).after == "hello"
            assert (await one(found, "unlock", "lock.shed", "lock")).outcome == "refused"

    try:
        asyncio.run(play())
    finally:
        for each in made:
            each.mqtt_client.loop_stop()
            each.mqtt_client.disconnect()
