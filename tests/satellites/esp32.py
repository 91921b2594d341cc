"""A scripted Hermes satellite as the ESP32 firmware behaves, and a program that listens to everything."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import wave
from collections.abc import AsyncIterator
from typing import Any

from appliance.config.model import Config, Satellites
from appliance.mqtt.address import Address
from appliance.mqtt.client import MqttClient
from appliance.pipeline.conductor import Conductor
from appliance.satellites.hermes_hub import HermesHub
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import TwoAreas
from tests.satellites.remote import House, connected, until

FRAME = b"\x01\x02" * 1_024
DEED = m.Deed("light", "turn_on", ("light.desk",), {"brightness_pct": 40})
OPEN = Config(satellites=Satellites(publish_words=True))


class HermesHouse(House):
    """The Hermes hub with a real conductor; the stages are moved by the test."""

    def __init__(self, client: MqttClient, config: Config) -> None:
        self.client = client
        self.stages = RecordingStages(ready=set(m.STAGE_NAMES) - {"llm"})
        self.home = TwoAreas()
        self.conductor = Conductor(self.stages, self.home, config)
        self.hermes = HermesHub(client, self.conductor, config)

    def faults(self) -> dict[str, int]:
        return self.hermes.faults.counts()

    def rooms(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.hermes.status()["rooms"]
        return shown


@contextlib.asynccontextmanager
async def hermes_house(address: Address, config: Config | None = None) -> AsyncIterator[HermesHouse]:
    async with connected(address, "hub") as client:
        made = HermesHouse(client, config or OPEN)
        made.hermes.start()
        try:
            yield made
        finally:
            await made.hermes.stop()
            made.conductor.close()


class Esp32:
    """One room: its frames, its loudspeaker, and everything that anybody says on the broker."""

    def __init__(self, client: MqttClient, site: str) -> None:
        self.client = client
        self.site = site
        self.got: list[tuple[str, bytes]] = []
        self.plays = True
        client.subscribe("hermes/#", self._take, 1)
        client.subscribe("rhasspy/#", self._take, 1)

    def _take(self, topic: str, payload: bytes, retained: bool) -> None:
        del retained
        self.got.append((topic, payload))
        levels = topic.split("/")
        if levels[:4] == ["hermes", "audioServer", self.site, "playBytes"] and self.plays:
            self.say(f"hermes/audioServer/{self.site}/playFinished", id=levels[4])

    def say(self, topic: str, **fields: Any) -> None:
        self.client.post(topic, json.dumps(fields).encode())

    def frame(self, pcm: bytes = FRAME, rate_hz: int = 16_000, channels: int = 1) -> None:
        self.client.post(f"hermes/audioServer/{self.site}/audioFrame", wav(pcm, rate_hz, channels))

    def detected(self, word: str = "jarvis") -> None:
        self.say(f"hermes/hotword/{word}/detected", siteId=self.site, modelId=word)

    def all(self, topic: str) -> list[dict[str, Any]]:
        """What was said here, without sounds."""
        return [json.loads(payload) for each, payload in self.got if each == topic]

    def topics(self) -> list[str]:
        """What was said by others than this satellite, in order, with the changing parts cut off."""
        sounds = ("audioFrame", "playFinished")
        return [
            "playBytes" if "/playBytes/" in topic else topic.removeprefix("hermes/")
            for topic, _ in self.got
            if topic.rsplit("/", 1)[-1] not in sounds
        ]

    def played(self) -> bytes:
        """The samples that it was given to play."""
        parts = []
        for topic, payload in self.got:
            if "/playBytes/" in topic:
                with wave.open(io.BytesIO(payload)) as each:
                    parts.append(each.readframes(each.getnframes()))
        return b"".join(parts)

    def reasons(self) -> list[str]:
        """Why sessions ended."""
        return [each["termination"]["reason"] for each in self.all("hermes/dialogueManager/sessionEnded")]

    async def ended(self, count: int = 1) -> str:
        """The reason of the session that ended as this many-th."""
        await until(lambda: len(self.reasons()) >= count)
        return self.reasons()[count - 1]


def wav(pcm: bytes, rate_hz: int = 16_000, channels: int = 1) -> bytes:
    """A whole WAV, as the firmware sends one with every frame."""
    into = io.BytesIO()
    with wave.open(into, "wb") as each:
        each.setnchannels(channels)
        each.setsampwidth(2)
        each.setframerate(rate_hz)
        each.writeframes(pcm)
    return into.getvalue()


@contextlib.asynccontextmanager
async def esp32(address: Address, site: str) -> AsyncIterator[Esp32]:
    async with connected(address, f"esp32-{site}") as client:
        made = Esp32(client, site)
        # The broker brings back what is said once the subscription stands.
        made.say("hermes/test/ready")
        await until(lambda: bool(made.all("hermes/test/ready")))
        made.got.clear()
        yield made


async def begin(home: HermesHouse, kitchen: Esp32, *, detects: bool = False) -> int:
    """A session begun by the wake word; its turn."""
    kitchen.frame()
    await until(lambda: home.conductor.place(kitchen.site) is not None)
    if detects:
        kitchen.detected()
    else:
        stream = next(msg.stream for _, msg in home.stages.sent if isinstance(msg, m.WakeStream))
        home.conductor.message("wake", m.WakeHeard("hey_jarvis", 0.9, 40, stream))
    await until(lambda: home.turn(kitchen.site) != 0)
    return home.turn(kitchen.site)


async def answer(home: HermesHouse, kitchen: Esp32, turn: int, text: str = "turn on the desk lamp") -> None:
    """The rest of the turn, until it is over."""
    home.heard(turn, text)
    await asked(home, turn)
    home.conductor.message("intent", m.Understood(turn, (DEED,), "Turned on.", "intent", "HassTurnOn", 1.0))
    await spoken(home, kitchen.site)


async def asked(home: HermesHouse, turn: int) -> None:
    await until(
        lambda: any(isinstance(msg, m.Understand) and msg.turn == turn for _, msg in home.stages.sent)
    )


async def spoken(home: HermesHouse, site: str) -> None:
    """Let the synthesizer work until the room is idle."""
    async with asyncio.timeout(10):
        while home.turn(site):
            home.synthesize()
            await asyncio.sleep(0.01)


async def listening(home: HermesHouse, site: str, after: int = 0) -> int:
    """The prompt is spoken; the turn that listens now."""
    async with asyncio.timeout(10):
        while True:
            home.synthesize()
            place: Any = home.conductor.place(site)
            if place is not None and place.turn not in {0, after} and place.phase.value == "listening":
                return int(place.turn)
            await asyncio.sleep(0.01)


async def question(home: HermesHouse) -> int:
    """Somebody asked what something means; under this number."""
    await until(lambda: any(isinstance(msg, m.Understand) for _, msg in home.stages.sent))
    taken = home.stages.take("intent")
    return next(msg.turn for msg in taken if isinstance(msg, m.Understand))
