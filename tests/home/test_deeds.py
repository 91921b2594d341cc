"""Deeds on real devices: confirmed by their own word, and honest when not."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter

import pytest

from appliance.config.model import Home
from appliance.home.entities import Entity, House
from appliance.wire.messages import Deed
from tests.home.harness import LIGHT, QUICK, demo, devices, one, running, simulated, state, until

CLIMATE = {"hvac_modes": ["off", "heat"], "temperature": 20, "target_temp_step": 0.5}
STRIP = {"supported_color_modes": ["rgb", "color_temp"]}
SET_HEAT = {"temperature": 21.5, "hvac_mode": "heat"}
BOILER = {"operation_list": ["off", "eco"], "temperature": 50}


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


ALL_KINDS = House(
    name="h",
    entities=(
        Entity("cover.blind", "Blind", "cover", state="closed", attributes={"current_position": 0}),
        Entity("fan.ceiling", "Ceiling fan", "fan", state="off", attributes={"percentage": 20}),
        Entity("climate.hall", "Hall", "climate", state="off", attributes=CLIMATE),
        Entity("light.strip", "Strip", "light", state="off", attributes=STRIP),
        Entity("vacuum.robot", "Robot", "vacuum", state="docked"),
        Entity("lawn_mower.sheep", "Sheep", "lawn_mower", state="docked"),
        Entity("select.mode", "Mode", "select", state="a", attributes={"options": ["a", "b"]}),
        Entity("number.level", "Level", "number", state="3", attributes={"min": 0, "max": 10}),
        Entity("text.note", "Note", "text", state="x"),
        Entity("siren.horn", "Horn", "siren", state="off"),
        Entity("humidifier.air", "Air", "humidifier", state="off", attributes={"humidity": 40}),
        Entity("water_heater.boiler", "Boiler", "water_heater", state="off", attributes=BOILER),
        Entity("lock.shed", "Shed", "lock", state="unlocked"),
        Entity("scene.film", "Film", "scene"),
        Entity("button.bell", "Bell", "button"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("entity_id", "service", "data", "after", "attribute"),
    [
        ("cover.blind", "set_cover_position", {"position": 40}, "open", ("current_position", 40)),
        ("fan.ceiling", "set_percentage", {"percentage": 70}, "on", ("percentage", 70)),
        ("climate.hall", "set_temperature", SET_HEAT, "heat", ("temperature", 21.5)),
        ("light.strip", "turn_on", {"color_name": "red"}, "on", ("rgb_color", [255, 0, 0])),
        ("light.strip", "turn_on", {"color_temp_kelvin": 3_000}, "on", ("color_temp_kelvin", 3_000)),
        ("light.strip", "turn_on", {"brightness_pct": 20}, "on", ("brightness", 51)),
        ("vacuum.robot", "start", {}, "cleaning", None),
        ("lawn_mower.sheep", "start_mowing", {}, "mowing", None),
        ("select.mode", "select_option", {"option": "b"}, "b", None),
        ("number.level", "set_value", {"value": 7}, "7", None),
        ("text.note", "set_value", {"value": "dinner"}, "dinner", None),
        ("siren.horn", "turn_on", {}, "on", None),
        ("humidifier.air", "set_humidity", {"humidity": 55}, "off", ("humidity", 55)),
        (
            "water_heater.boiler", "set_operation_mode", {"operation_mode": "eco"}, "eco",
            ("operation_mode", "eco"),
        ),
        ("lock.shed", "lock", {}, "locked", None),
    ],
)  # fmt: skip
def test_every_kind_is_steered_and_says_so(broker, entity_id, service, data, after, attribute):
    async def play():
        house = ALL_KINDS.with_entities(each for each in ALL_KINDS.entities if each.id == entity_id)
        async with simulated(house, broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            await until(lambda: state(found, entity_id) not in {None, "unavailable", "unknown"})
            result = await one(found, service, entity_id, entity_id.partition(".")[0], **data)
            assert (result.outcome, result.after, home.state(entity_id)) == ("done", after, after), result
            if attribute:
                shown = found.house().entity(entity_id).attributes
                assert shown[attribute[0]] == attribute[1]

    asyncio.run(play())


def test_what_is_only_pressed_is_sent_without_a_word(broker):
    async def play():
        async with simulated(ALL_KINDS, broker.address("demo")) as home, devices(broker.address()) as found:
            await found.settle(10)
            await until(lambda: state(found, "scene.film") == "unknown")
            for entity_id in ("scene.film", "button.bell"):
                result = await one(found, "turn_on", entity_id)
                assert (result.done, result.outcome, result.reason) == (True, "sent", "")
            await until(lambda: home.commands == 2)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("component", "service", "reports", "outcome", "words"),
    [
        ("lock", "lock", ["LOCKING", "JAMMED"], "silent", "Thing says that it could not: jammed"),
        ("lock", "lock", ["LOCKING"], "uncertain", "Thing is still locking"),
        ("lock", "lock", ["LOCKING", "LOCKED"], "done", ""),
        ("cover", "open_cover", ["opening"], "done", ""),
        ("cover", "open_cover", ["closing"], "uncertain", "Thing is still closing"),
        ("cover", "open_cover", [], "silent", "Thing did not answer"),
    ],
)
def test_what_takes_time_is_judged_by_what_it_says_meanwhile(
    broker, component, service, reports, outcome, words
):
    start = {"lock": "UNLOCKED", "cover": "closed"}[component]

    async def play():
        async with running(broker.address(), "device") as device, devices(broker.address()) as found:
            assert await device.wait_connected(5)

            def obey(_topic, _payload, _retained):
                for report in reports:
                    device.post("d/state", report)

            device.subscribe("d/set", obey)
            payload = {"command_topic": "d/set", "state_topic": "d/state", "name": "Thing"}
            await device.publish("d/state", start, 1, retain=True)
            await device.publish(f"homeassistant/{component}/x/config", json.dumps(payload), 1, retain=True)
            await until(lambda: state(found, f"{component}.thing") == start.lower())
            result = await one(found, service, f"{component}.thing", component, deadline=0.4)
            assert (result.outcome, result.reason) == (outcome, words)

    asyncio.run(play())


@pytest.mark.slow
def test_a_broker_that_dies_fifty_times_makes_no_deed_happen_twice_or_unseen(broker):
    rng = random.Random(3)

    async def play():
        home_settings = Home(settle_seconds=0.05, already_seconds=0.2, deed_deadline_seconds=0.6)
        async with (
            simulated(demo(), broker.address("demo"), settings=QUICK) as home,
            devices(broker.address(), home_settings) as found,
        ):
            obeyed: Counter[str] = Counter()
            home.client.subscribe(
                "demo/+/+/set",
                lambda _topic, payload, _retained: obeyed.update([payload.decode()]),
            )
            await found.settle(10)
            outcomes: Counter[str] = Counter()
            for level in range(5, 255, 5):
                await until(lambda: home.client.connected and state(found, LIGHT) in {"on", "off"})
                before = found.client.connections
                doing = asyncio.create_task(one(found, domain="light", brightness=level))
                await asyncio.sleep(rng.choice([0, 0, 0.001, 0.002, 0.004, 0.01]))
                broker.kill()
                broker.start()
                result = await doing
                outcomes[result.outcome] += 1
                if result.done:
                    assert obeyed[str(level)] == 1
                if result.outcome == "no broker":
                    assert obeyed[str(level)] == 0
                assert result.done or result.reason
                await until(lambda before=before: found.client.connections > before)
            await until(lambda: {each.state for each in found.house().entities} <= {"on", "off", "21.5"})
            assert set(obeyed.values()) <= {1}
            assert len(found) == 8
            assert found.client.connections >= 50
            assert sum(outcomes.values()) == 50
            assert set(outcomes) <= {"done", "already", "uncertain", "silent", "unavailable", "no broker"}

    asyncio.run(play())
