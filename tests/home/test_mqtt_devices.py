"""Devices on a real broker: found, obeyed, confirmed, and honest when not."""

from __future__ import annotations

import asyncio
import json
import random

from appliance.config.model import Home
from appliance.home import mqtt_devices
from appliance.home.entities import Area, Entity, House
from appliance.mqtt.client import MqttClient
from tests.home.harness import LIGHT, QUICK, SETTINGS, demo, devices, one, running, simulated, state, until


def test_the_demonstration_home_is_found_as_it_is_written(broker):
    async def play():
        async with simulated(demo(), broker.address("demo")), devices(broker.address()) as found:
            assert await found.settle(10)
            await until(lambda: all(entity.state != "unavailable" for entity in found.house().entities))
            return found.house(), list(found.changes)

    house, changes = asyncio.run(play())
    written = demo()
    as_seen = {entity.id: entity for entity in house.entities}
    assert sorted(as_seen) == sorted(entity.id for entity in written.entities)
    for entity in written.entities:
        seen = as_seen[entity.id]
        assert (seen.name, seen.domain, seen.area, seen.state) == (
            entity.name,
            entity.domain,
            entity.area,
            entity.state,
        )
    assert {(area.id, area.name) for area in house.areas} == {(area.id, area.name) for area in written.areas}
    assert as_seen["sensor.kitchen_temperature"].attributes["unit_of_measurement"] == "°C"
    assert changes == [1]


def test_devices_come_change_and_go(broker):
    async def play():
        async with simulated(demo(), broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            assert found.changes == [1]
            home.change("binary_sensor.back_door", "on")
            await until(lambda: state(found, "binary_sensor.back_door") == "on")
            assert found.changes == [1]
            home.remove("switch.fan")
            await until(lambda: len(found.changes) == 2)
            assert found.house().entity("switch.fan") is None
            assert (await one(found, entity_id="switch.fan")).outcome == "unknown"
            await home.stop()
            await until(lambda: state(found, LIGHT) == "unavailable")
            assert len(found) == 7

    asyncio.run(play())


def test_states_are_told_apart_from_the_house(broker):
    async def play():
        told = []
        tell = {"on_state": lambda: told.append(1)}
        async with (
            simulated(demo(), broker.address("demo")) as home,
            devices(broker.address(), **tell) as found,
        ):
            await found.settle(10)
            await until(lambda: told)
            before = len(told)
            home.change("sensor.kitchen_temperature", "22.5")
            await until(lambda: len(told) > before)
            assert state(found, "sensor.kitchen_temperature") == "22.5"

    asyncio.run(play())


def test_a_new_name_can_be_asked_for_before_it_is_quiet(broker):
    """Nobody tells its state here: the announcement alone makes what was known before stale."""

    async def play():
        told = []
        busy = Home(settle_seconds=600.0)
        tell = {"on_state": lambda: told.append(1)}
        async with (
            running(broker.address(), "device") as device,
            devices(broker.address(), busy, **tell) as found,
        ):
            await until(lambda: found.client.connected)
            await until(lambda: told)
            before = len(told)
            await device.publish("homeassistant/switch/a/config", '{"command_topic": "a", "name": "a"}', 1)
            await until(lambda: len(told) > before)
            assert len(found) == 1
            assert found.changes == []

    asyncio.run(play())


def test_two_entities_on_one_topic_both_get_what_was_retained(broker):
    async def play():
        async with running(broker.address(), "device") as device, devices(broker.address()) as found:
            await until(lambda: found.client.connected)
            await device.publish("box/state", '{"t": 20, "h": 50}', 1, retain=True)
            for name in ("t", "h"):
                payload = {
                    "state_topic": "box/state",
                    "value_template": f"{{{{ value_json.{name} }}}}",
                    "name": name,
                }
                await device.publish(f"homeassistant/sensor/{name}/config", json.dumps(payload), 1)
                await until(lambda name=name: state(found, f"sensor.{name}") in {"20", "50"})
            assert (state(found, "sensor.t"), state(found, "sensor.h")) == ("20", "50")

    asyncio.run(play())


def test_we_say_that_we_are_here(broker):
    async def play():
        heard = []
        async with running(broker.address(), "device") as device:
            device.subscribe("homeassistant/status", lambda _topic, payload, _retained: heard.append(payload))
            assert await device.wait_connected(5)
            async with devices(broker.address()):
                await until(lambda: heard == [b"online"])

    asyncio.run(play())


def garbage(rng):
    """A payload that is nearly an announcement."""
    good = {
        "command_topic": "c",
        "state_topic": "s",
        "name": "x",
        "device": {"ids": "1"},
        "components": {"a": {"p": "sensor"}},
    }
    values = [
        None,
        True,
        5,
        -1,
        1e300,
        "",
        "#",
        "~",
        [],
        {},
        [{}],
        {"a": []},
        "{{ x",
        "{% for %}",
        "x" * 3_000,
    ]
    odd = rng.choice(["availability", "qos", "schema", "value_template", "~"])
    for key in (*rng.sample(sorted(good), 2), odd):
        good[key] = rng.choice(values)
    raw = json.dumps(good).encode()
    return raw[: rng.randrange(len(raw))] if rng.random() < 0.3 else raw


def test_thousands_of_broken_announcements_harm_nobody(broker):
    rng = random.Random(7)
    components = ["light", "switch", "sensor", "binary_sensor", "device", "cover", "x"]

    async def play():
        home = Home(settle_seconds=0.1, max_entities=50)
        async with simulated(demo(), broker.address("demo")), devices(broker.address(), home) as found:
            await found.settle(10)
            async with running(broker.address(), "enemy") as enemy:
                assert await enemy.wait_connected(5)
                for number in range(3_000):
                    topic = f"homeassistant/{rng.choice(components)}/g{number % 300}/config"
                    await enemy.publish(topic, rng.choice([garbage(rng), rng.randbytes(30), b"[" * 5_000]))
                await enemy.publish("homeassistant/switch/last/config", '{"cmd_t": "z", "name": "last"}', 1)
                await until(lambda: found.client.counts.received > 3_000)
            assert len(found) <= 50
            assert {"json", "type", "unsupported"} <= set(found.faults)
            assert found.client.connections == 1
            assert (await one(found)).confirmed

    asyncio.run(play())


def test_a_thousand_devices(broker):
    lights = tuple(
        Entity(
            f"light.lamp_{n}",
            f"Lamp {n}",
            "light",
            area=f"room_{n % 20}",
            state="off",
            attributes={"supported_color_modes": ["brightness"]},
        )
        for n in range(1_000)
    )
    house = House(
        name="large", areas=tuple(Area(f"room_{n}", f"Room {n}") for n in range(20)), entities=lights
    )

    async def play():
        home = Home(announce=False, settle_seconds=0.1)
        async with simulated(house, broker.address("demo")), devices(broker.address(), home) as found:
            await until(lambda: len(found) == 1_000)
            await until(lambda: state(found, "light.lamp_999") == "off", every_seconds=0.1)
            await until(
                lambda: {entity.state for entity in found.house().entities} == {"off"}, every_seconds=0.1
            )
            assert (await one(found, entity_id="light.lamp_777", brightness_pct=50, deadline=10)).confirmed
            assert not any(found.client.dropped.values())
            assert len(found.house().areas) == 20

    asyncio.run(play())


def test_only_so_many_entities_are_taken(broker):
    async def play():
        home = Home(settle_seconds=0.1, max_entities=3)
        async with simulated(demo(), broker.address("demo")), devices(broker.address(), home) as found:
            await found.settle(10)
            assert len(found) == 3
            assert found.faults["too many"] >= 5

    asyncio.run(play())


def test_only_so_many_topics_are_listened_to(broker, monkeypatch):
    monkeypatch.setattr(mqtt_devices, "MAX_TOPICS_LISTENED", 4)

    async def play():
        async with simulated(demo(), broker.address("demo")), devices(broker.address()) as found:
            await found.settle(10)
            assert found.faults["too many"] > 0
            assert len(found) == 8

    asyncio.run(play())


def test_nothing_is_asked_of_a_broker_before_the_start(broker):
    async def play():
        client = MqttClient(QUICK, broker.address(), "idle")
        found = mqtt_devices.MqttDevices(client, SETTINGS, on_change=lambda: None)
        assert found.house().entities == ()
        assert not await found.settle(0.01)
        assert (await one(found)).outcome == "unknown"

    asyncio.run(play())
