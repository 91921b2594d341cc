"""A satellite that misbehaves, at a real broker with real access control."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any

import aiomqtt
import paho.mqtt.client as paho
import pytest

from appliance.mqtt.address import guarded_id
from tests.home.harness import running
from tests.home.outside import Doors, doors

__all__ = ["doors"]

FORBIDDEN = [
    "appliance/satellites/hall/up/audio",
    "appliance/satellites/hall/up/wake",
    "appliance/satellites/hall/up/availability",
    "appliance/satellites/hall/down/audio",
    "appliance/satellites/kitchen/down/chime",
    "appliance/satellites/kitchen/up/invented",
    "appliance/satellites/kitchen/up/audio/deeper",
    "appliance/satellites/kitchen/up/",
    "appliance/satellites/kitchen",
    "appliance/node/set/microphone_mute",
    "appliance/node/state/status",
    "appliance/status",
    "homeassistant/status",
    "homeassistant/light/x/config",
    "homeassistant/device/x/config",
    "zigbee2mqtt/lamp/set",
    "cmnd/plug/POWER",
    "kitchen/anything",
    "hermes/tts/say",
    "hermes/dialogueManager/startSession",
    "hermes/audioServer/kitchen/audioFrame",
    "hermes/hotword/kitchen/detected",
    "rhasspy/audioServer/setVolume",
    "$CONTROL/dynamic-security/v1",
    "$SYS/broker/uptime",
    "$share/x/appliance/status",
]
LISTENED = [
    "#",
    "+/#",
    "/#",
    "appliance/#",
    "appliance/+/hall/#",
    "appliance/satellites/+/up/#",
    "appliance/satellites/hall/up/audio",
    "appliance/satellites/hall/down/#",
    "appliance/satellites/kitchen/#",
    "appliance/node/#",
    "homeassistant/#",
    "zigbee2mqtt/#",
    "hermes/#",
    "$SYS/#",
    "$CONTROL/#",
    "$CONTROL/dynamic-security/v1/response",
    "$share/group/#",
    "$share/group/appliance/satellites/hall/up/audio",
]
SECRETS = [
    "appliance/satellites/hall/up/audio",
    "appliance/satellites/hall/down/audio",
    "appliance/satellites/kitchen/up/audio",
    "appliance/node/state/last_intent",
    "homeassistant/light/x/config",
    "zigbee2mqtt/lamp",
    "hermes/asr/textCaptured",
]
OWN_UP, OWN_DOWN = "appliance/satellites/kitchen/up/audio", "appliance/satellites/kitchen/down/audio"


@pytest.fixture
async def kitchen(doors: Doors) -> Doors:
    """A home with two satellites."""
    await doors.admit("kitchen")
    await doors.admit("hall")
    return doors


@pytest.mark.parametrize("retain", [False, True])
async def test_it_says_nothing_but_on_its_own_topics(kitchen: Doors, retain: bool) -> None:
    async with kitchen.appliance() as ours, kitchen.visitor("kitchen") as theirs:
        for topic in FORBIDDEN:
            await theirs.say(topic, b"evil", retain=retain)
        await theirs.say(OWN_UP, b"good")
        await ours.hears(OWN_UP)
        assert ours.topics() == {OWN_UP}
    async with kitchen.appliance() as again:
        await again.say("marker")
        await again.hears("marker")
        assert again.topics() == {"marker"}


async def test_it_hears_nothing_but_its_own_topics(kitchen: Doors) -> None:
    async with kitchen.appliance() as ours, kitchen.visitor("kitchen") as theirs:
        await ours.say("appliance/satellites/hall/up/mute", b"left behind", retain=True)
        answers = await theirs.subscribe(*LISTENED)
        assert all(answer >= 128 for answer in answers), dict(zip(LISTENED, answers, strict=True))
        assert await theirs.subscribe("appliance/satellites/kitchen/down/#") == [1]
        for topic in SECRETS:
            await ours.say(topic, b"secret")
        await ours.say(OWN_DOWN, b"mine")
        await theirs.hears(OWN_DOWN)
        assert theirs.topics() == {OWN_DOWN}


async def test_its_last_will_is_bound_by_the_same_rules(kitchen: Doors) -> None:
    """Home Assistant's birth topic could be imitated by dying."""
    async with kitchen.appliance() as ours:
        for topic in ("homeassistant/status", "appliance/satellites/hall/up/wake", "zigbee2mqtt/x/set"):
            await dies(kitchen, topic)
        allowed = "appliance/satellites/kitchen/up/availability"
        await dies(kitchen, allowed)
        await ours.hears(allowed)
        assert ours.topics() == {allowed}


async def dies(doors: Doors, topic: str) -> None:
    """Connect with a last will, and vanish."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, doors.id_of("kitchen"))
    client.username_pw_set("kitchen", doors.who["kitchen"])
    client.will_set(topic, b"offline", 1, retain=True)
    client.connect("127.0.0.1", doors.outside.plain_port)
    while client.loop(0.05) == paho.MQTT_ERR_SUCCESS and not client.is_connected():
        await asyncio.sleep(0)
    connection = client.socket()
    if connection is not None:  # or it was refused with that will
        connection.close()


async def test_it_cannot_take_anybodys_place(kitchen: Doors) -> None:
    """A broker ends a connection when another client comes with its id."""
    address = kitchen.broker.credentials()
    known_as = guarded_id("appliance-host", address.password)
    async with running(address, known_as) as ours, kitchen.visitor("hall") as hall:
        assert await ours.wait_connected(5)
        for stolen in (known_as, kitchen.id_of("hall"), "appliance-host", "", "hall"):
            with pytest.raises(aiomqtt.MqttError):
                async with kitchen.visitor("kitchen", identifier=stolen or None):
                    pass
        await hall.say("appliance/satellites/hall/up/level", b"{}")
        assert not hall.lost.is_set()
        assert ours.connected
        assert ours.connections == 1


@pytest.mark.parametrize(
    "options",
    [
        {"username": None, "password": None},
        {"password": "wrong"},
        {"username": "stranger"},
        {"username": "appliance", "password": ""},
        {"username": "hall"},
    ],
)
async def test_nobody_comes_in_without_their_own_password(kitchen: Doors, options: dict[str, Any]) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with kitchen.visitor("kitchen", **options):
            pass


async def test_the_older_protocol_has_the_same_walls(kitchen: Doors) -> None:
    """3.1.1 has no word for a refused message: it is swallowed."""
    old = {"protocol": aiomqtt.ProtocolVersion.V311}
    async with kitchen.appliance() as ours, kitchen.visitor("kitchen", **old) as theirs:
        for topic in FORBIDDEN:
            if not topic.startswith("$"):
                await theirs.say(topic, b"evil", retain=True)
        answers = await theirs.subscribe(*LISTENED)
        assert all(answer == 128 for answer in answers), dict(zip(LISTENED, answers, strict=True))
        await theirs.say(OWN_UP, b"good")
        await ours.hears(OWN_UP)
        assert ours.topics() == {OWN_UP}


async def test_passwords_do_not_travel_in_the_clear(kitchen: Doors) -> None:
    """The encrypted door takes nothing else, and shows a certificate of the authority that was printed."""
    with pytest.raises(aiomqtt.MqttError):
        async with kitchen.visitor("kitchen", tls_context=None, timeout=1.0):
            pass
    old = kitchen.trust()
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    for context in (old, ssl.create_default_context()):
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await asyncio.open_connection("127.0.0.1", kitchen.outside.tls_port, ssl=context)
    _, writer = await asyncio.open_connection("127.0.0.1", kitchen.outside.tls_port, ssl=kitchen.trust())
    writer.transport.abort()


async def test_who_is_revoked_is_gone_at_once_and_stays_away(kitchen: Doors) -> None:
    async with kitchen.appliance() as ours, kitchen.visitor("hall") as hall:
        try:
            async with kitchen.visitor("kitchen") as theirs:
                await kitchen.broker.revoke("kitchen")
                await asyncio.wait_for(theirs.lost.wait(), 5)
        except aiomqtt.MqttError:
            assert theirs.lost.is_set()
        with pytest.raises(aiomqtt.MqttError):
            async with kitchen.visitor("kitchen"):
                pass
        await hall.say("appliance/satellites/hall/up/level", b"{}")
        await ours.hears("appliance/satellites/hall/up/level")


async def test_who_was_revoked_gets_another_password_when_added_again(kitchen: Doors) -> None:
    former = kitchen.who["kitchen"]
    await kitchen.broker.revoke("kitchen")
    await kitchen.admit("kitchen")
    assert kitchen.who["kitchen"] != former
    with pytest.raises(aiomqtt.MqttError):
        async with kitchen.visitor("kitchen", password=former):
            pass
    async with kitchen.visitor("kitchen"):
        pass


async def test_revoked_is_revoked_after_a_restart_too(kitchen: Doors) -> None:
    await kitchen.broker.revoke("kitchen")
    process = kitchen.broker._process
    assert process is not None
    process.kill()
    async with asyncio.timeout(10):
        while kitchen.broker.restarts == 0 or kitchen.broker.trouble:
            await asyncio.sleep(0.02)
    with pytest.raises(aiomqtt.MqttError):
        async with kitchen.visitor("kitchen"):
            pass
    async with kitchen.visitor("hall"):
        pass


async def test_a_payload_without_end_costs_only_its_sender(kitchen: Doors) -> None:
    async with kitchen.appliance() as ours:
        with contextlib.suppress(aiomqtt.MqttError, ValueError):
            async with kitchen.visitor("kitchen", timeout=2.0) as theirs:
                await theirs.say(OWN_UP, bytes(8 * 1024 * 1024))
        async with kitchen.visitor("hall") as hall:
            await hall.say("appliance/satellites/hall/up/level", b"{}")
        await ours.hears("appliance/satellites/hall/up/level")
        assert all(len(payload) <= 1024 * 1024 for _, payload in ours.got)


# --- Hermes, devices, Home Assistant ----------------------------------------------------------------------

HERMES_FORBIDDEN = [
    "hermes/audioServer/hall/audioFrame",
    "hermes/audioServer/hall/playFinished",
    "hermes/hotword/hall/detected",
    "hermes/hotword/jarvis/detected",
    "hermes/hotword/toggleOff",
    "hermes/tts/say",
    "hermes/nlu/query",
    "hermes/asr/startListening",
    "hermes/dialogueManager/startSession",
    "hermes/audioServer/hall/playBytes/1",
    "homeassistant/status",
    "appliance/satellites/esp/up/wake",
]
HERMES_UNHEARD = [
    "#",
    "hermes/#",
    "hermes/audioServer/+/audioFrame",
    "hermes/audioServer/hall/audioFrame",
    "hermes/audioServer/hall/playBytes/#",
    "hermes/asr/textCaptured",
    "hermes/intent/#",
    "hermes/dialogueManager/#",
]


async def test_a_hermes_satellite_is_bound_to_its_own_site(doors: Doors) -> None:
    await doors.admit("esp", "hermes")
    plain = {"port": doors.outside.plain_port, "tls_context": None, "identifier": "ESP32-1234"}
    async with doors.appliance() as ours, doors.visitor("esp", **plain) as theirs:
        for topic in HERMES_FORBIDDEN:
            await theirs.say(topic, b"evil")
        answers = await theirs.subscribe(*HERMES_UNHEARD)
        assert all(answer >= 128 for answer in answers), dict(zip(HERMES_UNHEARD, answers, strict=True))
        await theirs.subscribe("hermes/audioServer/esp/playBytes/#", "hermes/hotword/toggleOff")
        mine = {"hermes/audioServer/esp/audioFrame", "hermes/hotword/esp/detected"}
        for topic in mine:
            await theirs.say(topic, b"good")
            await ours.hears(topic)
        assert ours.topics() == mine
        await ours.say("hermes/audioServer/hall/playBytes/1", b"secret")
        await ours.say("hermes/audioServer/esp/playBytes/1", b"mine")
        await theirs.hears("hermes/audioServer/esp/playBytes/1")
        assert theirs.topics() == {"hermes/audioServer/esp/playBytes/1"}


async def test_a_device_announces_itself_and_hears_no_voice(doors: Doors) -> None:
    await doors.admit("zigbee", "device", topics=("zigbee2mqtt",))
    async with doors.appliance() as ours, doors.visitor("zigbee", identifier="mqttjs_1") as theirs:
        for topic in (
            "homeassistant/status",
            "appliance/satellites/hall/up/wake",
            "other/x",
            "hermes/tts/say",
        ):
            await theirs.say(topic, b"evil")
        answers = await theirs.subscribe("#", "appliance/#", "hermes/#", "homeassistant/#")
        assert all(answer >= 128 for answer in answers)
        assert await theirs.subscribe("homeassistant/status", "zigbee2mqtt/#") == [1, 1]
        mine = {"homeassistant/light/lamp/config", "zigbee2mqtt/lamp"}
        for topic in mine:
            await theirs.say(topic, b"good")
            await ours.hears(topic)
        assert ours.topics() == mine


async def test_a_device_cannot_take_the_place_of_a_satellite_or_of_the_appliance(doors: Doors) -> None:
    """A device chooses its client id, so those of others must be such that it cannot know them."""
    await doors.admit("kitchen")
    await doors.admit("plug", "device")
    address = doors.broker.credentials()
    async with (
        running(address, guarded_id("appliance-host", address.password)) as ours,
        doors.visitor("kitchen") as theirs,
    ):
        assert await ours.wait_connected(5)
        for guess in ("appliance-host", "kitchen", "satellite-kitchen", "appliance"):
            async with doors.visitor("plug", identifier=guess) as plug:
                await plug.say("plug/state")
        await theirs.say(OWN_UP)
        assert not theirs.lost.is_set()
        assert (ours.connected, ours.connections) == (True, 1)


NO_ONES = ["$CONTROL/#", "$CONTROL/dynamic-security/v1/response", "$SYS/#"]
STOLEN = [
    "$share/g/appliance/satellites/+/up/audio",
    "$share/g/hermes/#",
    "appliance/satellites/#",
    "hermes/#",
]


async def test_home_assistant_neither_rules_the_broker_nor_overhears(doors: Doors) -> None:
    """Also not as one of a group that shares a subscription, or in the name of everything."""
    await doors.admit("hass", "home_assistant")
    command = b'{"commands": [{"command": "createClient", "username": "evil", "password": "x"}]}'
    async with doors.appliance() as ours, doors.visitor("hass", identifier="hass") as theirs:
        answers = await theirs.subscribe(*NO_ONES)
        assert all(answer >= 128 for answer in answers), dict(zip(NO_ONES, answers, strict=True))
        await theirs.subscribe("#", "$share/g/#", *STOLEN)
        await theirs.say("$CONTROL/dynamic-security/v1", command)
        for topic in ("appliance/satellites/kitchen/up/audio", "hermes/asr/textCaptured", "end"):
            await ours.say(topic, b"secret", retain=True)
        await theirs.hears("end")
        assert theirs.topics() == {"end"}
    with pytest.raises(aiomqtt.MqttError):
        async with doors.visitor("evil", password="x", identifier="evil"):
            pass


async def test_home_assistant_reaches_all_devices_and_nobodys_voice(doors: Doors) -> None:
    await doors.admit("hass", "home_assistant")
    await doors.admit("kitchen")
    async with doors.appliance() as ours, doors.visitor("hass", identifier="hass") as theirs:
        await theirs.subscribe("#")
        for topic in ("appliance/satellites/kitchen/up/audio", "hermes/audioServer/esp/audioFrame"):
            await ours.say(topic, b"secret")
            await theirs.say(topic.replace("up", "down"), b"evil")
        await ours.say("zigbee2mqtt/lamp", b"{}")
        await theirs.hears("zigbee2mqtt/lamp")
        await theirs.say("homeassistant/status", b"online")
        await ours.hears("homeassistant/status")
        assert theirs.topics() == {"zigbee2mqtt/lamp", "homeassistant/status"}
        assert "appliance/satellites/kitchen/down/audio" not in ours.topics()
