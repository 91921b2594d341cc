"""Deeds on real devices: confirmed by their own word, and honest when not."""

from __future__ import annotations

import asyncio
import json

import pytest

from appliance.wire.messages import Deed
from tests.home.harness import LIGHT, demo, devices, one, running, simulated, state, until


def test_deeds_are_done_when_the_devices_say_so(broker):
    async def play():
        async with simulated(demo(), broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            dimmed = await one(found, domain="light", brightness_pct=40)
            assert (dimmed.done, dimmed.confirmed, dimmed.outcome) == (True, True, "done")
            assert (dimmed.before, dimmed.after, dimmed.name) == ("off", "on", "Kitchen light")
            assert found.house().entity(LIGHT).attributes["brightness"] == 102
            several = Deed(
                "homeassistant", "turn_off", ("light.living_room_lamp", "switch.fan", LIGHT, LIGHT)
            )
            results = await found.perform(several)
            assert [(result.entity_id, result.done) for result in results] == [
                ("light.living_room_lamp", True), ("switch.fan", True), (LIGHT, True),
            ]  # fmt: skip
            assert (await one(found, "toggle", "switch.coffee_machine")).after == "on"
            assert home.state("switch.coffee_machine") == "on"
            assert home.state(LIGHT) == "off"

    asyncio.run(play())


@pytest.mark.parametrize(
    ("faults", "expected", "words"),
    [
        ({"fault": "silent"}, "silent", "Kitchen light did not answer"),
        ({"fault": "offline"}, "unavailable", "Kitchen light is not available"),
        ({"fault": "slow", "fault_seconds": 30}, "silent", "Kitchen light did not answer"),
    ],
)
def test_what_did_not_happen_is_said_within_the_deadline(broker, faults, expected, words):
    async def play():
        lamp = demo(kitchen_light=faults)
        async with simulated(lamp, broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            result = await asyncio.wait_for(one(found, deadline=0.5), 5)
            assert (result.done, result.confirmed, result.outcome, result.reason) == (
                False,
                False,
                expected,
                words,
            )
            assert home.state(LIGHT) == "off"
            assert home.commands == (expected == "silent")

    asyncio.run(play())


def test_a_slow_device_is_waited_for(broker):
    slow = {"fault": "slow", "fault_seconds": 0.3}

    async def play():
        async with (
            simulated(demo(kitchen_light=slow), broker.address("demo")),
            devices(broker.address()) as found,
        ):
            await found.settle(10)
            assert (await one(found, deadline=10)).confirmed

    asyncio.run(play())


def test_a_device_that_is_already_so_need_not_say_it_again(broker):
    async def play():
        faults = {"fan": {"fault": "silent"}}
        async with simulated(demo(**faults), broker.address("demo")), devices(broker.address()) as found:
            await found.settle(10)
            result = await one(found, "turn_off", "switch.fan")
            assert (result.done, result.confirmed, result.outcome) == (True, True, "already")

    asyncio.run(play())


def test_a_device_without_a_state_is_told_but_not_believed(broker):
    async def play():
        async with running(broker.address(), "device") as device, devices(broker.address()) as found:
            heard = []
            device.subscribe(
                "d/set", lambda topic, payload, retained: heard.append((topic, payload, retained))
            )
            assert await device.wait_connected(5)
            for name, extra in (("mute", {}), ("echo", {"state_topic": "d/set"})):
                payload = {"command_topic": "d/set", "name": name, **extra}
                await device.publish(f"homeassistant/switch/{name}/config", json.dumps(payload), 1)
            await until(lambda: len(found) == 2)
            for name in ("mute", "echo"):
                result = await one(found, entity_id=f"switch.{name}")
                assert (result.done, result.confirmed, result.outcome) == (True, False, "sent")
                assert "does not report" in result.reason
            await until(lambda: len(heard) == 2)

    asyncio.run(play())


def test_what_cannot_be_done_is_said_at_once(broker):
    async def play():
        async with simulated(demo(), broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            assert (await one(found, entity_id="light.none")).outcome == "unknown"
            refused = await one(found, domain="light", entity_id="light.hall_light", brightness_pct=5)
            assert (refused.outcome, refused.reason) == ("refused", "Hall light cannot be dimmed")
            assert (await one(found, entity_id="sensor.kitchen_temperature")).outcome == "refused"
            assert home.commands == 0

    asyncio.run(play())


def test_without_a_broker_nothing_is_available_and_nothing_happens_later(broker):
    async def play():
        async with simulated(demo(), broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            await until(lambda: state(found, LIGHT) == "off")
            broker.kill()
            await until(lambda: not found.client.connected)
            assert {entity.state for entity in found.house().entities} == {"unavailable"}
            result = await one(found, deadline=0.3)
            assert (result.done, result.outcome) == (False, "no broker")
            assert "connection to the broker" in result.reason
            broker.start()
            await until(lambda: home.client.connected and state(found, LIGHT) == "off")
            assert (await one(found, entity_id="switch.fan")).confirmed
            assert home.state(LIGHT) == "off"
            assert home.commands == 1

    asyncio.run(play())


def test_a_broker_that_dies_in_the_middle_is_said_and_heals(broker):
    async def play():
        faults = {"fault": "slow", "fault_seconds": 0.5}
        lamp = demo(kitchen_light=faults)
        async with simulated(lamp, broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            doing = asyncio.create_task(one(found, deadline=1.5))
            await until(lambda: home.commands == 1)
            broker.kill()
            result = await doing
            assert (result.done, result.outcome) == (False, "uncertain")
            broker.start()
            await until(lambda: state(found, LIGHT) == "on")
            assert home.commands == 1

    asyncio.run(play())


def test_a_broker_that_is_back_in_time_still_confirms(broker):
    async def play():
        faults = {"fault": "slow", "fault_seconds": 0.3}
        lamp = demo(kitchen_light=faults)
        async with simulated(lamp, broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            doing = asyncio.create_task(one(found, deadline=20))
            await until(lambda: home.commands == 1)
            broker.kill()
            broker.start()
            result = await doing
            assert (result.done, result.confirmed, home.commands) == (True, True, 1)

    asyncio.run(play())


def test_a_device_that_leaves_in_the_middle_is_not_waited_for(broker):
    async def play():
        faults = {"fault": "silent"}
        lamp = demo(kitchen_light=faults)
        async with simulated(lamp, broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            doing = asyncio.create_task(one(found, deadline=60))
            await until(lambda: home.commands == 1)
            await home.stop()
            assert (await asyncio.wait_for(doing, 10)).outcome == "unavailable"

    asyncio.run(play())
