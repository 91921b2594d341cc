"""The home through a real Home Assistant: what it shows, what it does, and what happens when it is away."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator

import pytest

from appliance.config.model import Home
from appliance.config.model import HomeAssistant as Settings
from appliance.home.entities import Area, Entity
from appliance.home.hass.home import HassHome
from appliance.home.homes import Homes
from appliance.mqtt.client import MqttClient
from appliance.wire.messages import Deed
from tests.hass.harness import HomeAssistant
from tests.home.harness import devices, until

HOME = Home(settle_seconds=0.1, already_seconds=0.3, deed_deadline_seconds=5.0)
LAMP, STUBBORN, GUESTS = "light.reading_lamp", "light.stubborn_lamp", "input_boolean.guests"


def settings(hass: HomeAssistant, **changed) -> Settings:
    quick = {
        "reconnect_min_seconds": 0.1,
        "reconnect_max_seconds": 0.3,
        "settle_seconds": 0.1,
        "token": hass.token,
    }
    return Settings(url=hass.url, **(quick | changed))


@contextlib.asynccontextmanager
async def connected(hass: HomeAssistant, **changed) -> AsyncIterator[HassHome]:
    """`.changes` counts other houses."""
    changes: list[int] = []
    home = HassHome(
        settings(hass, **changed), HOME, on_change=lambda: changes.append(1), own_prefix="appliance-test"
    )
    home.changes = changes
    home.start()
    try:
        await home.settle(20)
        yield home
    finally:
        await home.stop()


def shown(home: HassHome | Homes, entity_id: str) -> Entity:
    entity = home.house().entity(entity_id)
    assert entity is not None, f"{entity_id} is not in the house"
    return entity


async def one(home: HassHome | Homes, service: str, entity_id: str, **data):
    domain, _, name = service.partition(".")
    (result,) = await home.perform(Deed(domain, name, (entity_id,), data))
    return result


async def test_it_shows_what_assist_may_see(hass: HomeAssistant) -> None:
    await hass.expose(GUESTS, exposed=True)
    async with connected(hass) as home:
        assert home.connection.connected
        house = home.house()
        assert {LAMP, STUBBORN, GUESTS, "sensor.cellar_temperature"} <= {
            entity.id for entity in house.entities
        }
        assert house.entity("input_boolean.lamp") is None
        assert shown(home, "sensor.cellar_temperature").attributes["unit_of_measurement"] == "°C"
        assert Area("kitchen", "Kitchen") in house.areas
        assert home.status()["version"].startswith("20")


async def test_names_rooms_and_exposure_are_followed(hass: HomeAssistant) -> None:
    floor = await hass.ask("config/floor_registry/create", name="Upstairs", aliases=["first floor"])
    area = await hass.ask(
        "config/area_registry/create", name="Study", aliases=["den"], floor_id=floor["floor_id"]
    )
    async with connected(hass) as home:
        assert Area("study", "Study", "upstairs", ("den",)) in home.house().areas
        await hass.update_entity(LAMP, name="Desk lamp", aliases=["Green lamp"], area_id=area["area_id"])
        await until(lambda: shown(home, LAMP).name == "Desk lamp" and shown(home, LAMP).area == "study")
        assert shown(home, LAMP).aliases == ("Green lamp",)
        await until(lambda: len(home.changes) > 1)
        await hass.expose(LAMP, exposed=False)
        await until(lambda: home.house().entity(LAMP) is None)
        assert (await one(home, "light.turn_on", LAMP)).outcome == "unknown"
        await hass.expose(LAMP, exposed=True)
        await until(lambda: home.house().entity(LAMP) is not None)
        await hass.update_entity(LAMP, hidden_by="user")
        await until(lambda: home.house().entity(LAMP) is None)
        await hass.update_entity(LAMP, hidden_by=None, name=None, aliases=[], area_id=None)
        await until(lambda: home.house().entity(LAMP) is not None)
    await hass.ask("config/area_registry/delete", area_id=area["area_id"])
    await hass.ask("config/floor_registry/delete", floor_id=floor["floor_id"])


async def test_states_arrive_as_they_change(hass: HomeAssistant) -> None:
    await hass.expose(GUESTS, exposed=True)
    async with connected(hass) as home:
        for state in ("on", "off"):
            await hass.call_service(f"input_boolean.turn_{state}", GUESTS)
            await until(lambda: shown(home, GUESTS).state == state)  # noqa: B023


async def test_deeds_are_done_when_the_entity_says_so(hass: HomeAssistant) -> None:
    async with connected(hass) as home:
        await one(home, "light.turn_off", LAMP)
        done = await one(home, "light.turn_on", LAMP, brightness_pct=40)
        assert (done.outcome, done.confirmed, done.after, done.reason) == ("done", True, "on", "")
        assert shown(home, LAMP).attributes["brightness"] == 102
        assert (await one(home, "light.turn_on", LAMP)).outcome == "already"
        assert (await one(home, "homeassistant.turn_off", LAMP)).outcome == "done"
        silent = await home.perform(Deed("light", "turn_on", (STUBBORN,)), 0.3)
        assert (silent[0].outcome, silent[0].done, silent[0].reason) == (
            "silent",
            False,
            "Stubborn lamp did not answer",
        )


async def test_what_changes_no_state_is_done_when_home_assistant_says_so(hass: HomeAssistant) -> None:
    for entity_id in ("input_button.bell", "script.greet"):
        await hass.expose(entity_id, exposed=True)
    async with connected(hass) as home:
        assert (await one(home, "input_button.press", "input_button.bell")).outcome == "done"
        assert (await one(home, "script.turn_on", "script.greet")).outcome in {"done", "already"}


async def test_what_cannot_be_is_refused_in_words(hass: HomeAssistant) -> None:
    await hass.expose("input_number.wanted", exposed=True)
    async with connected(hass) as home:
        far = await one(home, "input_number.set_value", "input_number.wanted", value=4_000)
        assert (far.outcome, far.done) == ("refused", False)
        assert "4000" in far.reason
        assert "input_number" not in far.reason
        assert (await one(home, "light.dance", LAMP)).reason == "Reading lamp cannot dance"
        assert (await one(home, "lock.lock", LAMP)).reason == "Reading lamp is no lock"
        assert (await one(home, "light.turn_on", "light.nowhere")).outcome == "unknown"


async def test_a_restart_is_survived(hass: HomeAssistant) -> None:
    async with connected(hass) as home:
        await until(lambda: shown(home, LAMP).state != "unavailable")
        names = {entity.id: entity.name for entity in home.house().entities}
        changes = len(home.changes)
        await hass.stop()
        await until(lambda: not home.connection.connected)
        assert {entity.id: entity.name for entity in home.house().entities} == names
        assert {entity.state for entity in home.house().entities} == {"unavailable"}
        away = await one(home, "light.turn_on", LAMP)
        assert (away.outcome, away.done) == ("no broker", False)
        assert "no connection to Home Assistant" in away.reason
        assert home.connection.hint
        await hass.start()
        await until(lambda: home.connection.connected and shown(home, LAMP).state == "off")
        assert (await one(home, "light.turn_on", LAMP)).outcome == "done"
        assert (await one(home, "light.turn_off", LAMP)).outcome == "done"
        await until(lambda: {entity.id: entity.name for entity in home.house().entities} == names)
        assert len(home.changes) == changes, "the same house was told as another one"


async def test_a_revoked_token_is_said_so_and_not_tried_again(hass: HomeAssistant, tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text(await hass.make_token("to be revoked"))
    file.chmod(0o600)
    async with connected(hass, token="", token_file=str(file), refused_seconds=60.0) as home:
        assert home.connection.connected
        await hass.revoke_token("to be revoked")
        await until(lambda: "does not accept the token" in home.connection.reason)
        assert "Create token" in home.connection.hint
        file.write_text(await hass.make_token("another"))
        await until(lambda: home.connection.connected)


async def test_an_ordinary_user_s_token_is_enough_for_what_was_decided(hass: HomeAssistant) -> None:
    await hass.expose(LAMP, exposed=True)
    user = await hass.ask("config/auth/create", name="Voice", group_ids=["system-users"])
    await hass.ask(
        "config/auth_provider/homeassistant/create",
        user_id=user["user"]["id"],
        username="voice",
        password="voice",
    )
    token = await hass.log_in("voice", "voice")
    async with connected(hass, token=token) as home:
        assert home.connection.connected
        assert home.faults["not an administrator"]
        assert home.house().entity(STUBBORN) is None, "nobody decided, and only administrators may ask"
        assert (await one(home, "light.turn_on", LAMP)).done
        assert (await one(home, "light.turn_off", LAMP)).done


# --- both adapters ------------------------------------------------------------------------------------------


class Kettle:
    """A device on the broker that obeys, and counts what it is told."""

    def __init__(self, client: MqttClient, name: str = "kettle") -> None:
        self.client = client
        self.name = name
        self.told: list[bytes] = []

    async def announce(self) -> None:
        payload = {
            "name": None,
            "unique_id": f"{self.name}_1",
            "state_topic": f"{self.name}/state",
            "command_topic": f"{self.name}/set",
            "availability_topic": f"{self.name}/available",
            "device": {"identifiers": [self.name], "name": self.name.capitalize()},
        }
        self.client.subscribe(f"{self.name}/set", self._obey)
        await until(lambda: self.client.connected)
        await self.client.publish(
            f"homeassistant/switch/{self.name}/config", json.dumps(payload), retain=True
        )
        await self.client.publish(f"{self.name}/available", "online", retain=True)
        await self.client.publish(f"{self.name}/state", "OFF", retain=True)

    def _obey(self, topic: str, payload: bytes, retained: bool) -> None:
        del topic, retained
        self.told.append(payload)
        self.client.post(f"{self.name}/state", payload, retain=True)

    async def leave(self) -> None:
        for topic in (
            f"homeassistant/switch/{self.name}/config",
            f"{self.name}/available",
            f"{self.name}/state",
        ):
            await self.client.publish(topic, b"", retain=True)


@contextlib.asynccontextmanager
async def both(hass: HomeAssistant) -> AsyncIterator[tuple[Homes, Kettle, HassHome]]:
    async with devices(hass.broker.address(), HOME) as found, connected(hass) as home:
        kettle = Kettle(found.client)
        await kettle.announce()
        homes = Homes(found, found.client, found._registry.ids, home, own_prefix="appliance-test")
        try:
            await hass.wait_for_state("switch.kettle", "off")
            yield homes, kettle, home
        finally:
            await kettle.leave()


async def test_one_entity_one_owner_no_double_deed(hass: HomeAssistant) -> None:
    async with both(hass) as (homes, kettle, home):
        await hass.update_entity("switch.kettle", name="Tea kettle", aliases=["Boiler"], area_id="kitchen")
        await until(lambda: any(entity.area == "kitchen" for entity in homes.house().entities))
        kettles = [entity for entity in homes.house().entities if "ettle" in entity.name]
        assert [(each.id, each.area, each.aliases) for each in kettles] == [
            ("switch.kettle", "kitchen", ("Boiler",))
        ]
        done = await one(homes, "switch.turn_on", "switch.kettle")
        assert (done.outcome, done.name) == ("done", "Tea kettle")
        await hass.wait_for_state("switch.kettle", "on")
        assert kettle.told == [b"ON"]
        assert (await one(homes, "light.turn_on", LAMP)).outcome in {"done", "already"}
        nobody, lamp = await homes.perform(Deed("homeassistant", "turn_off", ("switch.nowhere", LAMP)))
        assert (nobody.outcome, lamp.outcome) == ("unknown", "done")
        assert kettle.told == [b"ON"]
        assert home.house().entity("switch.kettle") is not None


async def test_hidden_in_home_assistant_is_hidden_from_the_broker_too(hass: HomeAssistant) -> None:
    async with both(hass) as (homes, kettle, _):
        assert shown(homes, "switch.kettle").state == "off"
        await hass.update_entity("switch.kettle", hidden_by="user")
        await until(lambda: homes.house().entity("switch.kettle") is None)
        assert (await one(homes, "switch.turn_on", "switch.kettle")).outcome == "unknown"
        assert kettle.told == []
        await hass.update_entity("switch.kettle", hidden_by=None)
        await until(lambda: homes.house().entity("switch.kettle") is not None)
        await hass.expose("switch.kettle", exposed=False)
        await until(lambda: homes.house().entity("switch.kettle") is None)
        await hass.expose("switch.kettle", exposed=True)


async def test_the_broker_s_part_works_while_home_assistant_is_down(hass: HomeAssistant) -> None:
    async with both(hass) as (homes, kettle, home):
        await hass.update_entity("switch.kettle", name="Tea kettle", area_id="kitchen")
        await until(lambda: shown(homes, "switch.kettle").name == "Tea kettle")
        await hass.kill()
        await until(lambda: not home.connection.connected)
        seen = shown(homes, "switch.kettle")
        assert (seen.name, seen.area, seen.state) == ("Tea kettle", "kitchen", "off")
        assert (await one(homes, "switch.turn_on", "switch.kettle")).outcome == "done"
        assert shown(homes, "switch.kettle").state == "on"
        assert shown(homes, LAMP).state == "unavailable"
        assert (await one(homes, "light.turn_on", LAMP)).outcome == "no broker"
        await hass.start()
        await until(lambda: home.connection.connected and shown(homes, LAMP).state == "off")
        assert kettle.told == [b"ON"]


async def test_our_own_announcements_are_not_part_of_the_home(hass: HomeAssistant) -> None:
    async with both(hass) as (homes, kettle, home):
        payload = {
            "name": "Mute",
            "unique_id": "appliance-test_mute",
            "command_topic": "appliance-test/mute/set",
            "state_topic": "appliance-test/mute",
            "device": {"identifiers": ["appliance-test"], "name": "Voice box"},
        }
        topic = "homeassistant/switch/appliance-test/config"
        await kettle.client.publish(topic, json.dumps(payload), retain=True)
        await hass.wait_for(lambda: hass.entities_of("Voice box"))
        await until(lambda: ("switch", "appliance-test_mute") in home.model.hidden)
        assert all("Mute" not in entity.name for entity in homes.house().entities)
        await kettle.client.publish(topic, b"", retain=True)


@pytest.mark.slow
async def test_figures_for_a_thousand_entities(hass: HomeAssistant, capsys) -> None:
    async with both(hass) as (homes, kettle, home):
        topics = [f"homeassistant/switch/many/n{number}/config" for number in range(1_000)]
        for number, topic in enumerate(topics):
            payload = {
                "name": f"Many {number}",
                "unique_id": f"many_{number}",
                "command_topic": f"many/{number}/set",
                "state_topic": f"many/{number}",
            }
            await kettle.client.publish(topic, json.dumps(payload), qos=1, retain=True)
        await until(lambda: len(home) > 1_000 and len(home.house().entities) > 1_000)
        began = time.perf_counter()
        count = len(homes.house().entities)
        merging_ms = (time.perf_counter() - began) * 1_000
        for topic in topics:
            await kettle.client.publish(topic, b"", qos=1, retain=True)
        await until(lambda: len(home) < 100)
    with capsys.disabled():
        print(f"\n{count} entities merged in {merging_ms:.1f} ms")
    assert count > 1_000
