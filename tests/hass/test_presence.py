"""The appliance in a real Home Assistant: found, shown, steered, away, back, and gone without a trace."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.mqtt.client import MqttClient
from tests.checkout import ROOT
from tests.hass.harness import HomeAssistant
from tests.home.harness import running, until
from tests.presence.panels import KITCHEN, HeldPanel, present
from tests.presence.process import Settings

NAME, ROOM = "Test appliance", "Kitchen satellite"


@contextlib.asynccontextmanager
async def found(hass: HomeAssistant, panel: HeldPanel, wanted: str = "Microphone mute") -> AsyncIterator[Any]:
    """A presence that Home Assistant has found; nothing is left of it afterwards."""
    async with present(hass.broker.address(), panel) as presence:
        try:
            await hass.wait_for(lambda: has(hass, NAME, wanted))
            yield presence
        finally:
            assert await presence.withdraw()
        await hass.wait_for(lambda: nothing_left(hass))
        assert await on_broker(hass) == {}


async def has(hass: HomeAssistant, device: str, entity: str) -> bool:
    return entity in await hass.entities_of(device)


async def nothing_left(hass: HomeAssistant) -> bool:
    devices = {device["name"] for device in await hass.devices()}
    entities = [each["entity_id"] for each in await hass.entities() if "appliance_test" in each["entity_id"]]
    return not devices & {NAME, ROOM} and not entities


async def on_broker(hass: HomeAssistant) -> dict[str, bytes]:
    """What the broker keeps of the appliance, but for its will."""
    kept: dict[str, bytes] = {}

    def keep(topic: str, payload: bytes, retained: bool) -> None:
        if retained and "appliance-test" in topic and not topic.endswith("/status"):
            kept[topic] = payload

    async with running(hass.broker.address(), "looker") as client:
        client.subscribe("#", keep)
        await until(lambda: client.connected)
        await marker(client)
    return kept


async def marker(client: MqttClient) -> None:
    """Wait until everything that was sent before has arrived."""
    seen: list[bytes] = []
    client.subscribe("marker", lambda _topic, payload, _retained: seen.append(payload))
    await client.publish("marker", b"1", 1)
    await until(lambda: seen)


CONTROLS = [
    ("Microphone mute", "switch.turn_on", {}, "on"),
    ("Microphone mute", "switch.turn_off", {}, "off"),
    ("Wake sound", "switch.turn_off", {}, "off"),
    ("Thinking sound", "switch.turn_on", {}, "on"),
    ("Volume", "number.set_value", {"value": 35}, "35"),
    ("Wake word", "select.select_option", {"option": "okay_nabu"}, "okay_nabu"),
    ("Second wake word", "select.select_option", {"option": "no word"}, "no word"),
    ("Wake word sensitivity", "select.select_option", {"option": "high"}, "high"),
    ("Voice", "select.select_option", {"option": "en-gb"}, "en-gb"),
    ("Profile", "select.select_option", {"option": "p3"}, "p3"),
    ("Log level", "select.select_option", {"option": "debug"}, "debug"),
]


@pytest.mark.parametrize("form", ["device", "single"])
async def test_every_control_works_both_ways_and_survives_a_restart(
    hass: HomeAssistant, tmp_path: Path, form: str
) -> None:
    panel = HeldPanel(tmp_path, APPLIANCE__HOME__DISCOVERY_FORM=form)
    panel.views = [KITCHEN]
    async with found(hass, panel) as presence:
        ids = await hass.entities_of(NAME)
        await ready(hass, ids)
        for name, service, data, wanted in CONTROLS:
            await hass.call_service(service, ids[name], **data)
            await shown(hass, ids[name], wanted)
        await panel.choose({"audio.volume": 0.6, "wake.sensitivity": "low"})
        presence.changed()
        await hass.wait_for_state(ids["Volume"], "60")
        await hass.wait_for_state(ids["Wake word sensitivity"], "low")
        for button in ("Stop", "Restart"):
            await hass.call_service("button.press", ids[button])
        for text in ("Say", "Announce", "Ask"):
            await hass.call_service("text.set_value", ids[text], value=f"{text} this")
        await hass.call_service("notify.send_message", ids["Announce message"], message="Dinner")
        await until(lambda: len(panel.done) == 6)
        assert panel.done == [
            ("stop", "local"), ("restart",), ("say", "local", "Say this"), ("announce", "Announce this"),
            ("ask", "Ask this"), ("announce", "Dinner"),
        ]  # fmt: skip
        await hass.wait_for_state(ids["Say"], "")
        await of_the_satellite(hass, panel, presence)
    again = HeldPanel(tmp_path)
    assert again.config.audio.volume == 0.6
    assert again.config.wake.words[0] == "okay_nabu"
    assert again.config.profile == "p3"


async def of_the_satellite(hass: HomeAssistant, panel: HeldPanel, presence: Any) -> None:
    ids = await hass.entities_of(ROOM)
    own, room = await hass.device(NAME), await hass.device(ROOM)
    assert own is not None
    assert room is not None
    assert room["via_device_id"] == own["id"]
    await ready(hass, ids)
    await hass.wait_for_state(ids["Volume"], "50")
    await hass.call_service("number.set_value", ids["Volume"], value=70)
    await hass.wait_for_state(ids["Volume"], "70")
    panel.views = [msgspec.structs.replace(KITCHEN, online=False)]
    presence.changed()
    await hass.wait_for_state(ids["Volume"], "unavailable")
    panel.views = []
    presence.changed()
    await hass.wait_for(lambda: gone(hass, ROOM))


async def ready(hass: HomeAssistant, ids: dict[str, str]) -> None:
    """A command to an entity that is not available yet is dropped by Home Assistant itself."""
    away: list[str] = []

    async def all_there() -> bool:
        states = await hass.states()
        away[:] = [
            each for each in ids.values() if states.get(each, {}).get("state") in {None, "unavailable"}
        ]
        return not away

    try:
        await hass.wait_for(all_there)
    except AssertionError as error:
        raise AssertionError(f"unavailable: {away}") from error


async def shown(hass: HomeAssistant, entity_id: str, wanted: str) -> None:
    try:
        await hass.wait_for_state(entity_id, wanted, 10)
    except AssertionError:
        pytest.fail(f"{entity_id} is {await hass.state(entity_id)}, not {wanted}")


async def gone(hass: HomeAssistant, name: str) -> bool:
    return await hass.device(name) is None


async def test_a_change_of_form_keeps_every_entity(hass: HomeAssistant, tmp_path: Path) -> None:
    panel = HeldPanel(tmp_path)
    async with found(hass, panel):
        ids = await hass.entities_of(NAME)
        await hass.update_entity(ids["Volume"], name="My volume")
    former = "device"
    for form in ("single", "device"):
        panel = HeldPanel(tmp_path, APPLIANCE__HOME__DISCOVERY_FORM=former)
        async with present(hass.broker.address(), panel):
            await hass.wait_for(lambda: has(hass, NAME, "Microphone mute"))
            ids = await hass.entities_of(NAME)
            await hass.update_entity(ids["Volume"], name="My volume")
        panel = HeldPanel(tmp_path, APPLIANCE__HOME__DISCOVERY_FORM=form)
        async with found(hass, panel):
            wanted = f"homeassistant/{'device' if form == 'device' else 'switch'}/appliance-test"
            await hass.wait_for(lambda wanted=wanted: announced(hass, wanted))
            await hass.wait_for_state(ids["Volume"], "80")
            assert await hass.entities_of(NAME) == ids
            (volume,) = [each for each in await hass.entities() if each["entity_id"] == ids["Volume"]]
            assert volume["name"] == "My volume"
        former = form


async def announced(hass: HomeAssistant, beginning: str) -> bool:
    topics = [topic for topic in await on_broker(hass) if topic.startswith("homeassistant/")]
    return (
        bool(topics)
        and all(topic.startswith(beginning.rsplit("/", 2)[0]) for topic in topics)
        and any(topic.startswith(beginning) for topic in topics)
        and any("/device/" in topic for topic in topics) == ("/device/" in beginning)
    )


async def test_events_arrive(hass: HomeAssistant, tmp_path: Path) -> None:
    from appliance.pipeline.trace import TurnNote

    panel = HeldPanel(tmp_path)
    async with found(hass, panel, "Wake word heard") as presence:
        ids = await hass.entities_of(NAME)
        await hass.wait_for_state(ids["State"], "idle")
        panel.phases["local"] = "listening"
        presence.note(TurnNote(1, "wake", 1_000, {"word": "alexa", "score": 0.9}))
        await hass.wait_for_state(ids["State"], "listening")
        await hass.wait_for_state(ids["Listening"], "on")
        await hass.wait_for_state(ids["Last wake word"], "alexa")
        presence.note(TurnNote(1, "transcript", 2_000, {"text": "turn on the light"}))
        presence.note(TurnNote(1, "first_audio", 2_700, {"speech_end_ms": 2_000}))
        presence.note(TurnNote(1, "done", 3_000, {"outcome": "answered"}))

        async def attributes() -> dict[str, Any]:
            return dict((await hass.states())[ids["Turn finished"]]["attributes"])

        async def ended() -> bool:
            return (await attributes()).get("event_type") == "answered"

        await hass.wait_for(ended)
        assert (await attributes())["latency_ms"] == 700
        assert "turn on the light" not in str(await hass.states())


async def test_it_comes_back_after_home_assistant_restarts(hass: HomeAssistant, tmp_path: Path) -> None:
    panel = HeldPanel(tmp_path)
    async with found(hass, panel):
        ids = await hass.entities_of(NAME)
        await hass.restart()
        await hass.wait_for_state(ids["Volume"], "80")
        assert await hass.entities_of(NAME) == ids
        await ready(hass, ids)
        await hass.call_service("number.set_value", ids["Volume"], value=20)
        await hass.wait_for_state(ids["Volume"], "20")


def start_process(hass: HomeAssistant, data: Path) -> subprocess.Popen[bytes]:
    address = hass.broker.address()
    settings = Settings(address.host, address.port, address.username, address.password, str(data))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.presence.process", msgspec.json.encode(settings).decode()], cwd=ROOT
    )


async def test_it_is_unavailable_when_killed_and_comes_back(hass: HomeAssistant, tmp_path: Path) -> None:
    process = start_process(hass, tmp_path)
    try:
        await hass.wait_for(lambda: has(hass, NAME, "Volume"))
        volume = (await hass.entities_of(NAME))["Volume"]
        await hass.wait_for_state(volume, "80")
        process.send_signal(signal.SIGKILL)
        process.wait()
        await hass.wait_for_state(volume, "unavailable")
        process = start_process(hass, tmp_path)
        await hass.wait_for_state(volume, "80")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    async with found(hass, HeldPanel(tmp_path)):
        pass
