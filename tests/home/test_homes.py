"""Both adapters at once: a real broker, and a server that speaks Home Assistant's API."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from appliance.config.model import Config, HomeAssistant
from appliance.home.hass.home import HassHome
from appliance.home.homes import Homes, home_assistant
from appliance.home.union import Part
from appliance.wire.messages import Deed
from tests.home.harness import SETTINGS, devices, until
from tests.home.hass.fake import TOKEN, Fake, entity

LAMP = "light.a"


class Plug:
    """A plug on the broker that obeys and counts; `deaf` makes it silent."""

    def __init__(self, client) -> None:
        self.client = client
        self.told: list[bytes] = []
        self.deaf = False

    async def announce(self, **more) -> None:
        self.client.subscribe("plug/set", self.obey)
        await until(lambda: self.client.connected)
        payload = {
            "name": "Plug",
            "unique_id": "u1",
            "command_topic": "plug/set",
            "state_topic": "plug/state",
        }
        payload["availability_topic"] = "plug/available"
        await self.client.publish("homeassistant/switch/plug/config", json.dumps(payload | more), retain=True)
        await self.available("online")
        await self.client.publish("plug/state", "OFF", retain=True)

    async def available(self, said: str) -> None:
        await self.client.publish("plug/available", said, retain=True)

    def obey(self, _topic: str, payload: bytes, _retained: bool) -> None:
        self.told.append(payload)
        if not self.deaf:
            self.client.post("plug/state", payload, retain=True)


@contextlib.asynccontextmanager
async def both(address, *rows) -> AsyncIterator[tuple[Homes, Plug, Fake]]:
    """`rows` are added to the server's registry."""
    fake = Fake()
    fake.results["config/entity_registry/list"] += rows
    fake.results["get_services"]["switch"] = {"turn_on": {}, "turn_off": {}}
    fake.states |= {row["entity_id"]: {"s": "off", "a": {"friendly_name": "Desk plug"}} for row in rows}
    settings = {"reconnect_min_seconds": 0.05, "reconnect_max_seconds": 0.1, "settle_seconds": 0.05}
    async with fake.serving(), devices(address, SETTINGS) as found:
        hass = HassHome(
            HomeAssistant(url=fake.url, token=TOKEN, **settings), SETTINGS, on_change=lambda: None
        )
        homes = Homes(found, found.client, found._registry.ids, hass)
        hass.start()
        try:
            plug = Plug(found.client)
            await plug.announce()
            assert await homes.settle(10)
            await until(lambda: len(homes) >= 3)
            yield homes, plug, fake
        finally:
            await hass.stop()


def twin(**more):
    return entity("switch.desk", platform="mqtt", unique_id="u1", area_id="hall", **more)


async def on(homes: Homes, *entity_ids: str, service: str = "turn_on", **data):
    return await homes.perform(Deed("homeassistant", service, entity_ids, data), 1.0)


def ids(homes: Homes) -> list[str]:
    return [each.id for each in homes.house().entities]


def test_the_broker_does_it_while_it_can_then_home_assistant(broker) -> None:
    async def play():
        async with both(broker.address(), twin()) as (homes, plug, fake):
            assert ids(homes) == ["button.b", LAMP, "switch.desk"]
            done, lamp = await on(homes, "switch.desk", LAMP)
            assert (done.outcome, done.name, done.entity_id) == ("done", "Desk plug", "switch.desk")
            assert lamp.outcome == "done"
            assert plug.told == [b"ON"]
            assert [call["target"]["entity_id"] for call in fake.calls] == [LAMP]
            await plug.available("offline")
            await until(lambda: homes._union().parts["switch.desk"].owner == "hass")
            (done,) = await on(homes, "switch.desk")
            assert (done.outcome, done.name) == ("done", "Desk plug")
            assert plug.told == [b"ON"]
            assert fake.calls[-1]["target"]["entity_id"] == "switch.desk"

    asyncio.run(play())


def test_a_silent_device_is_not_asked_a_second_time_by_the_other_way(broker) -> None:
    async def play():
        async with both(broker.address(), twin()) as (homes, plug, fake):
            plug.deaf = True
            (silent,) = await on(homes, "switch.desk")
            assert (silent.outcome, silent.reason) == ("silent", "Desk plug did not answer")
            assert (plug.told, fake.calls) == ([b"ON"], [])

    asyncio.run(play())


def test_what_the_announcement_has_no_command_for_is_done_by_home_assistant(broker) -> None:
    async def play():
        async with both(broker.address(), twin()) as (homes, plug, fake):
            fake.results["get_services"]["homeassistant"]["glow"] = {}
            await fake.announce("service_registered")
            await until(lambda: ("homeassistant", "glow") in homes._hass._follower.services)
            (done,) = await on(homes, "switch.desk", service="glow")
            assert done.outcome == "done"
            assert plug.told == []
            assert [call["service"] for call in fake.calls] == ["glow"]

    asyncio.run(play())


def test_results_come_in_the_order_of_the_deed_and_unknown_ones_too(broker) -> None:
    async def play():
        async with both(broker.address(), twin()) as (homes, _, fake):
            results = await on(homes, LAMP, "light.nowhere", "switch.desk", LAMP)
            assert [result.entity_id for result in results] == [LAMP, "light.nowhere", "switch.desk"]
            assert [result.outcome for result in results] == ["done", "unknown", "done"]
            assert len(fake.calls) == 1

    asyncio.run(play())


def test_without_home_assistant_it_is_the_broker_alone(broker) -> None:
    async def play():
        async with devices(broker.address(), SETTINGS) as found:
            homes = Homes(found, found.client, found._registry.ids, own_prefix="box")
            plug = Plug(found.client)
            await plug.announce()
            assert await homes.settle(10)
            await until(lambda: ids(homes) == ["switch.plug"])
            (done,) = await on(homes, "switch.plug")
            assert (done.outcome, plug.told, homes.faults) == ("done", [b"ON"], {})
            await plug.announce(unique_id="box_plug")
            await until(lambda: ids(homes) == [])

    asyncio.run(play())


def test_a_relay_that_opens_a_gate_is_guarded_by_what_home_assistant_knows(broker) -> None:
    async def play():
        row = entity("cover.drive", platform="mqtt", unique_id="u1")
        async with both(broker.address(), row) as (homes, plug, fake):
            cover = {"name": "Relay", "unique_id": "u1", "command_topic": "plug/set"}
            await plug.client.publish("homeassistant/switch/plug/config", b"", retain=True)
            await plug.client.publish("homeassistant/cover/plug/config", json.dumps(cover), retain=True)
            fake.states["cover.drive"] = {
                "s": "closed",
                "a": {"friendly_name": "Drive", "device_class": "gate"},
            }
            await fake.drop()
            await until(lambda: homes._union().parts.get("cover.drive", Part("hass")).owner == "broker")
            await until(lambda: homes.house().entity("cover.drive").attributes.get("device_class") == "gate")
            for service in ("open_cover", "toggle"):
                (refused,) = await homes.perform(Deed("cover", service, ("cover.drive",)), 0.5)
                assert (refused.outcome, refused.done) == ("refused", False)
                assert refused.reason.startswith("Drive is a way into the house")
            assert (plug.told, fake.calls) == ([], [])
            homes._unguarded = ("cover.drive",)
            await homes.perform(Deed("cover", "open_cover", ("cover.drive",)), 0.5)
            await until(lambda: plug.told == [b"OPEN"])

    asyncio.run(play())


def test_faults_of_both_are_told_apart(broker) -> None:
    async def play():
        async with both(broker.address(), twin()) as (homes, plug, fake):
            await plug.client.publish("homeassistant/switch/bad/config", "{")
            (socket,) = fake.sockets
            await socket.send("{")
            await until(lambda: {"json", "Home Assistant: message"} <= homes.faults.keys())

    asyncio.run(play())


def test_another_home_assistant_while_it_runs(broker) -> None:
    async def play():
        async with both(broker.address(), twin()) as (homes, plug, _fake):
            changed = []
            made = home_assistant(
                Config(home_assistant=homes.hass._settings, home=SETTINGS),
                on_change=lambda: changed.append(1), on_state=lambda: None, own_prefix="",
            )  # fmt: skip
            former = homes.hass
            await homes.link(None)
            assert former._task is None
            assert ids(homes) == ["switch.plug"]
            (done,) = await on(homes, "switch.plug")
            assert (done.outcome, plug.told) == ("done", [b"ON"])
            await homes.link(made)
            await until(lambda: homes.hass.connection.connected)
            await until(lambda: LAMP in ids(homes))
            assert changed
            (lamp,) = await on(homes, LAMP)
            assert lamp.outcome == "done"
            part = homes._union().parts[LAMP]
            await homes.link(None)
            # A deed that was under way finds nobody there.
            told = await homes._by_hass(Deed("light", "turn_on", (LAMP,)), {LAMP: part}, 1.0, ())
            assert told[LAMP].outcome == "unavailable"

    asyncio.run(play())


def test_without_an_address_there_is_none() -> None:
    nobody = home_assistant(Config(), on_change=lambda: None, on_state=lambda: None, own_prefix="")
    assert nobody is None
