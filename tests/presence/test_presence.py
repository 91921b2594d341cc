"""The presence on a real broker, with an observer in Home Assistant's place."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.mqtt.client import MqttClient
from appliance.pipeline.trace import TurnNote
from appliance.presence.panel import StageHealth
from tests.broker import Mosquitto
from tests.home.harness import running, until
from tests.presence.panels import KITCHEN, HeldPanel, present

NODE = "appliance-test"
CONFIG = f"homeassistant/device/{NODE}/config"
STATE = f"appliance/{NODE}/state"


class Observer:
    """Keeps the newest payload of every topic, and counts."""

    def __init__(self, client: MqttClient) -> None:
        self.client = client
        self.newest: dict[str, bytes] = {}
        self.all: list[tuple[str, bytes, bool]] = []
        client.subscribe("#", self._take, qos=1)

    def _take(self, topic: str, payload: bytes, retained: bool) -> None:
        self.newest[topic] = payload
        self.all.append((topic, payload, retained))

    def state(self, object_id: str) -> str | None:
        payload = self.newest.get(f"{STATE}/{object_id}")
        return None if payload is None else payload.decode()

    async def set(self, object_id: str, payload: str | bytes) -> None:
        await self.client.publish(f"appliance/{NODE}/set/{object_id}", payload, 1)

    def kept(self) -> dict[str, bytes]:
        return {topic: payload for topic, payload in self.newest.items() if payload and NODE in topic}


@contextlib.asynccontextmanager
async def observing(broker: Mosquitto) -> AsyncIterator[Observer]:
    async with running(broker.address("demo"), "observer") as client:
        observer = Observer(client)
        await until(lambda: client.connected)
        yield observer


@pytest.fixture
def panel(tmp_path: Path) -> HeldPanel:
    data = tmp_path / "data"
    data.mkdir()
    return HeldPanel(data)


async def test_it_announces_itself_and_says_its_states(broker: Mosquitto, panel: HeldPanel) -> None:
    panel.views = [KITCHEN]
    async with observing(broker) as seen, present(broker.address(), panel):
        await until(lambda: seen.state("volume") and f"{STATE}/kitchen/availability" in seen.newest)
        table = json.loads(seen.newest[CONFIG])
        assert table["device"]["identifiers"] == [NODE]
        assert table["availability"] == [{"topic": f"{NODE}/status"}]
        assert table["origin"]["name"]
        room = json.loads(seen.newest[f"homeassistant/device/{NODE}-kitchen/config"])
        assert room["device"]["via_device"] == NODE
        assert room["device"]["suggested_area"] == "Kitchen"
        assert room["availability_mode"] == "all"
        assert len(room["availability"]) == 2
        assert (seen.state("state"), seen.state("mute"), seen.state("volume")) == ("idle", "OFF", "80")
        assert seen.state("alert_latency") == "OFF"
        assert seen.state("latency_p95") == "1.23"
    async with observing(broker) as later:
        await until(lambda: later.newest.get(f"{NODE}/status") == b"offline")
        assert later.state("volume") == "80"


@pytest.mark.parametrize(
    ("object_id", "payload", "said", "key", "value"),
    [
        ("volume", "35", "35", "audio.volume", 0.35),
        ("mute", "ON", "ON", "audio.muted", True),
        ("wake_sound", "OFF", "OFF", "audio.chime", False),
        ("thinking_sound", "ON", "ON", "audio.thinking_sound", True),
        ("wake_word", "okay_nabu", "okay_nabu", "wake.words", ("okay_nabu", "alexa")),
        ("second_wake_word", "no word", "no word", "wake.words", ("hey_jarvis",)),
        ("sensitivity", "high", "high", "wake.sensitivity", "high"),
        ("voice", "en-gb", "en-gb", "tts.voice", "en-gb"),
        ("profile", "p2", "p2", "profile", "p2"),
        ("log_level", "debug", "debug", "log.level", "debug"),
    ],
)
async def test_a_control_is_taken_over_said_and_kept(
    broker: Mosquitto, panel: HeldPanel, object_id: str, payload: str, said: str, key: str, value: object
) -> None:
    async with observing(broker) as seen, present(broker.address(), panel):
        await until(lambda: seen.state(object_id) not in {None, said})
        await seen.set(object_id, payload)
        await until(lambda: seen.state(object_id) == said)
    table, _, name = key.rpartition(".")
    again = HeldPanel(Path(panel.config.paths.data)).config
    assert getattr(getattr(again, table) if table else again, name) == value


HOSTILE = [
    ("volume", b"101"), ("volume", b"nan"), ("volume", b"-1"), ("volume", b"1e400"), ("volume", b""),
    ("volume", b"\xff\xfe"), ("mute", b"on"), ("wake_word", b"../../etc"), ("wake_word", b"no word"),
    ("stop", b"please"), ("say", b""), ("say", b"\x00\x01"), ("say", b"x" * 5_000), ("profile", b"p9"),
]  # fmt: skip


async def test_wrong_commands_change_nothing_and_are_answered_with_the_truth(
    broker: Mosquitto, panel: HeldPanel, caplog: pytest.LogCaptureFixture
) -> None:
    async with observing(broker) as seen, present(broker.address(), panel) as presence:
        await until(lambda: seen.state("volume"))
        before = panel.config
        count = len([1 for topic, _, _ in seen.all if topic == f"{STATE}/volume"])
        with caplog.at_level(logging.WARNING):
            for object_id, payload in HOSTILE:
                await seen.set(object_id, payload)
            await seen.set("no_such", b"ON")
            await seen.set("a/b/c", b"ON")
            await until(lambda: sum(presence.faults.values()) == len(HOSTILE) + 2)
        assert presence.faults["wrong volume"] == 6
        assert len([1 for record in caplog.records if "volume" in record.getMessage()]) == 1
        await until(lambda: len([1 for topic, _, _ in seen.all if topic == f"{STATE}/volume"]) > count)
        assert panel.config == before
        assert panel.done == []
        assert seen.state("volume") == "80"


async def test_a_retained_command_is_not_obeyed(broker: Mosquitto, panel: HeldPanel) -> None:
    async with observing(broker) as seen:
        await seen.client.publish(f"appliance/{NODE}/set/restart", b"PRESS", 1, retain=True)
        async with present(broker.address(), panel) as presence:
            await until(lambda: presence.faults.get("retained"))
            await until(lambda: seen.state("volume"))
            assert panel.done == []


async def test_a_flood_of_commands_is_bounded(broker: Mosquitto, panel: HeldPanel) -> None:
    async with observing(broker) as seen, present(broker.address(), panel) as presence:
        await until(lambda: seen.state("volume"))
        for _ in range(200):
            seen.client.post(f"appliance/{NODE}/set/stop", b"PRESS", 1)
        await until(lambda: len(panel.done) + presence.faults.get("too many", 0) == 200)
        assert 1 <= len(panel.done) < 100


async def test_what_is_said_and_done(broker: Mosquitto, panel: HeldPanel) -> None:
    panel.views = [KITCHEN]
    asked = [
        ("say", "Hello  there\n"), ("announce_notify", "Dinner"), ("ask", "What time is it?"),
        ("stop", "PRESS"), ("kitchen/stop", "PRESS"), ("kitchen/say", "Hi"), ("restart", "PRESS"),
    ]  # fmt: skip
    async with observing(broker) as seen, present(broker.address(), panel):
        await until(lambda: seen.newest.get(f"{STATE}/kitchen/volume") == b"50")
        for object_id, payload in asked:
            await seen.set(object_id, payload)
        await until(lambda: len(panel.done) == len(asked))
        assert panel.done == [
            ("say", "local", "Hello there"), ("announce", "Dinner"), ("ask", "What time is it?"),
            ("stop", "local"), ("stop", "kitchen"), ("say", "kitchen", "Hi"), ("restart",),
        ]  # fmt: skip
        await seen.set("kitchen/volume", "70")
        await seen.set("kitchen/mute", "ON")
        await until(lambda: seen.newest[f"{STATE}/kitchen/volume"] == b"70")
        await until(lambda: seen.newest[f"{STATE}/kitchen/mute"] == b"ON")
        assert panel.muted is False


async def test_home_assistant_starting_hears_everything_again(broker: Mosquitto, panel: HeldPanel) -> None:
    async with observing(broker) as seen, present(broker.address(), panel):
        await until(lambda: seen.state("volume"))
        before = len([1 for topic, _, _ in seen.all if topic in {CONFIG, f"{STATE}/volume"}])
        await seen.client.publish("homeassistant/status", b"online", 1)
        await until(
            lambda: len([1 for topic, _, _ in seen.all if topic in {CONFIG, f"{STATE}/volume"}]) == before + 2
        )


async def test_a_broker_that_forgot_hears_everything_again(broker: Mosquitto, panel: HeldPanel) -> None:
    async with present(broker.address(), panel):
        async with observing(broker) as seen:
            await until(lambda: seen.state("volume"))
        broker.kill()
        broker.start()
        async with observing(broker) as seen:
            await until(lambda: seen.state("volume") == "80" and CONFIG in seen.newest)


@pytest.mark.parametrize("form", ["device", "single"])
async def test_withdrawing_leaves_nothing(broker: Mosquitto, tmp_path: Path, form: str) -> None:
    panel = HeldPanel(tmp_path, APPLIANCE__HOME__DISCOVERY_FORM=form)
    panel.views = [KITCHEN]
    async with present(broker.address(), panel) as presence:
        async with observing(broker) as seen:
            await until(lambda: seen.newest.get(f"{STATE}/kitchen/volume"))
        assert await presence.withdraw()
        assert presence.announced() == {}
        async with observing(broker) as seen:
            await until(lambda: f"{NODE}/status" in seen.newest)
            assert set(seen.kept()) == {f"{NODE}/status"}


def announcements(seen: Observer) -> set[str]:
    return {topic for topic, payload in seen.newest.items() if topic.endswith("/config") and payload}


async def test_what_a_former_life_left_is_taken_back(broker: Mosquitto, tmp_path: Path) -> None:
    """A satellite that is gone, another form, and a file that was lost meanwhile."""
    panel = HeldPanel(tmp_path, APPLIANCE__HOME__DISCOVERY_FORM="single")
    panel.views = [KITCHEN]
    async with present(broker.address(), panel), observing(broker) as seen:
        await until(lambda: seen.newest.get(f"{STATE}/kitchen/volume"))
    foreign = "homeassistant/device/appliance-test-other/config"
    async with observing(broker) as seen:
        await seen.client.publish(foreign, b'{"device": {"identifiers": ["x"]}}', 1, retain=True)
    async with present(broker.address(), HeldPanel(tmp_path)), observing(broker) as seen:
        await until(lambda: CONFIG in seen.newest)
        await until(lambda: announcements(seen) == {CONFIG, foreign})
        await until(lambda: not seen.newest.get(f"{STATE}/kitchen/volume"))
        assert seen.newest[foreign]
    (tmp_path / "announced.json").unlink()
    single = HeldPanel(tmp_path, APPLIANCE__HOME__DISCOVERY_FORM="single")
    async with present(broker.address(), single), observing(broker) as seen:
        await until(lambda: f"homeassistant/number/{NODE}/volume/config" in seen.newest)
        await until(lambda: not seen.newest.get(CONFIG))


async def test_no_words_unless_allowed(broker: Mosquitto, panel: HeldPanel) -> None:
    notes = [
        TurnNote(1, "wake", 0, {"word": "alexa", "score": 0.9}),
        TurnNote(1, "transcript", 1, {"text": "secret words"}),
        TurnNote(1, "intent", 2, {"intent": "HassTurnOn", "source": "builtin"}),
        TurnNote(1, "reply", 3, {"text": "secret answer"}),
        TurnNote(1, "first_audio", 900, {"speech_end_ms": 100}),
        TurnNote(1, "done", 1_000, {"outcome": "answered"}),
    ]
    async with observing(broker) as seen, present(broker.address(), panel) as presence:
        await until(lambda: seen.state("volume"))
        for note in notes:
            presence.note(note)
        await until(lambda: seen.state("turn"))
        assert json.loads(seen.state("turn") or "") == {
            "event_type": "answered", "latency_ms": 800, "source": "builtin",
        }  # fmt: skip
        await until(lambda: seen.state("last_intent") == "HassTurnOn")
        assert not [payload for _, payload, _ in seen.all if b"secret" in payload]


async def test_words_when_allowed_but_never_retained(broker: Mosquitto, tmp_path: Path) -> None:
    panel = HeldPanel(tmp_path, APPLIANCE__HOME__SHOW_WORDS="true")
    async with present(broker.address(), panel) as presence:
        async with observing(broker) as seen:
            await until(lambda: seen.state("volume"))
            presence.note(TurnNote(1, "transcript", 1, {"text": "what time is it"}))
            presence.note(TurnNote(1, "reply", 3, {"text": "Ten."}))
            presence.note(TurnNote(1, "done", 4, {"outcome": "answered"}))
            await until(lambda: seen.state("answer") == "Ten.")
        async with observing(broker) as later:
            await until(lambda: later.state("volume"))
            assert later.state("answer") is None


async def test_problems_are_shown_with_reason_and_hint(broker: Mosquitto, panel: HeldPanel) -> None:
    async with observing(broker) as seen, present(broker.address(), panel) as presence:
        await until(lambda: seen.state("problem_stt") == "OFF")
        panel.stage_health[2] = StageHealth("stt", False, "no model", "appliance models fetch")
        presence.changed()
        await until(lambda: seen.state("problem_stt") == "ON")
        more: dict[str, Any] = {}
        await until(
            lambda: (
                more.update(json.loads(seen.newest[f"appliance/{NODE}/attributes/problem_stt"]))
                or more["reason"]
            )
        )
        assert more == {"reason": "no model", "hint": "appliance models fetch"}


async def test_a_state_that_flickers_is_said_ten_times_a_second_at_most(
    broker: Mosquitto, panel: HeldPanel
) -> None:
    async with observing(broker) as seen, present(broker.address(), panel) as presence:
        await until(lambda: seen.state("state") == "idle")
        started = asyncio.get_running_loop().time()
        for number in range(300):
            panel.phases["local"] = ("listening", "speaking", "thinking")[number % 3]
            presence.changed()
            await asyncio.sleep(0.001)
        panel.phases["local"] = "acting"
        presence.changed()
        await until(lambda: seen.state("state") == "acting")
        said = [payload for topic, payload, _ in seen.all if topic == f"{STATE}/state"]
        assert len(said) <= 3 + (asyncio.get_running_loop().time() - started) * 10


async def test_an_unknown_satellite_or_event_is_nobody_s(broker: Mosquitto, panel: HeldPanel) -> None:
    panel.views = [msgspec.structs.replace(KITCHEN, muted=True)]
    async with observing(broker) as seen, present(broker.address(), panel) as presence:
        await until(lambda: seen.newest.get(f"{STATE}/kitchen/state") == b"muted")
        presence.button("attic", "top", "press")
        presence.button("kitchen", "top", "smash")
        presence.button("kitchen", "top", "press")
        await until(lambda: f"{STATE}/kitchen/button" in seen.newest)
        assert json.loads(seen.newest[f"{STATE}/kitchen/button"]) == {"event_type": "press", "button": "top"}
