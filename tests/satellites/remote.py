"""The other ends of the hub: a scripted satellite on a real broker, a conductor with scripted stages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from appliance.config.model import Config, Mqtt
from appliance.mqtt.address import Address
from appliance.mqtt.client import MqttClient
from appliance.mqtt.exchange import Exchange
from appliance.pipeline.conductor import Conductor
from appliance.satellites import protocol
from appliance.satellites.hub import SatelliteHub
from appliance.satellites.protocol_audio import Chunk
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import TwoAreas

SECONDS = 10.0
SETTINGS = Mqtt(reconnect_min_seconds=0.05, reconnect_max_seconds=0.2)
SPEECH = b"\x01\x02" * 1_600
"""100 ms."""
T = TypeVar("T", bound=protocol.Message | Chunk)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


class House:
    """A hub with a real conductor; the stages are moved by the test."""

    def __init__(self, client: Exchange, config: Config) -> None:
        self.client = client
        self.stages = RecordingStages(ready=set(m.STAGE_NAMES) - {"llm"})
        self.home = TwoAreas()
        self.conductor = Conductor(self.stages, self.home, config)
        self.hub = SatelliteHub(client, self.conductor, config)

    def heard(self, turn: int, text: str) -> None:
        """The recogniser's answer after the end of speech."""
        for at in range(1, 20):
            self.conductor.message("vad", m.Voice(turn, 1_000_000 + at * 32, 1.0))
        for at in range(20, 60):
            self.conductor.message("vad", m.Voice(turn, 1_000_000 + at * 32, 0.0))
        self.conductor.message("stt", m.Transcript(turn, text, 1.0, 5.0))

    def meant(self, turn: int, answer: str) -> None:
        """What it means: nothing to do, only to say."""
        self.conductor.message("intent", m.Understood(turn, (), answer, "intent", "x", 1.0))

    def synthesize(self, pieces: int = 1, piece: bytes = SPEECH) -> None:
        """The synthesizer says what it was asked to say."""
        for message in self.stages.take("tts"):
            if isinstance(message, m.Speak):
                for _ in range(pieces):
                    self.conductor.message(
                        "tts", m.SpeechAudio(message.turn, message.sentence, 16_000, piece)
                    )
                self.conductor.message("tts", m.Spoken(message.turn, message.sentence, 1.0, 1.0))

    def audio(self, turn: int) -> bytes:
        """What the recogniser was given of this turn."""
        return b"".join(
            message.pcm
            for stage, message in self.stages.sent
            if stage == "stt" and isinstance(message, m.Audio) and message.turn == turn
        )

    def turn(self, name: str) -> int:
        place = self.conductor.place(name)
        return place.turn if place else 0

    def info(self, name: str) -> Any:
        return next((each for each in self.hub.satellites() if each.name == name), None)


@contextlib.asynccontextmanager
async def connected(address: Address, client_id: str, status_topic: str = "") -> AsyncIterator[MqttClient]:
    client = MqttClient(SETTINGS, address, client_id, status_topic=status_topic)
    task = asyncio.create_task(client.run())
    try:
        assert await client.wait_connected(SECONDS)
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def house(address: Address, config: Config | None = None) -> AsyncIterator[House]:
    async with connected(address, "hub") as client:
        made = House(client, config or Config())
        made.hub.start()
        try:
            yield made
        finally:
            await made.hub.stop()
            made.conductor.close()


class Remote:
    """A scripted satellite."""

    def __init__(self, client: MqttClient, name: str) -> None:
        self.client = client
        self.name = name
        self.got: list[tuple[str, protocol.Message | Chunk]] = []
        self._sequence = 0
        client.subscribe(protocol.topic("appliance", name, "down", "+"), self._take, 1)

    def _take(self, topic: str, payload: bytes, retained: bool) -> None:
        del retained
        parsed = protocol.parse_topic("appliance", "down", topic)
        assert parsed is not None
        self.got.append((parsed[1], protocol.decode("down", parsed[1], payload)))

    def say(self, leaf: str, message: protocol.Message | Chunk) -> None:
        packet = protocol.packet("appliance", self.name, "up", leaf, message)
        self.client.post(packet.topic, packet.payload, packet.qos, retain=packet.retain)

    def raw(self, leaf: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.post(protocol.topic("appliance", self.name, "up", leaf), payload, 0, retain=retain)

    def join(self, **able: Any) -> None:
        self.say("capabilities", protocol.Capabilities((1,), **able))
        self.say("availability", protocol.Availability(True))

    def wake(self, run: int, at_ms: int = 5_000, word: str = "hey_jarvis", age_ms: int = 0) -> None:
        self.say("wake", protocol.Wake(run, word, at_ms, 0.9, age_ms))

    def speak(
        self, run: int, at_ms: int, pcm: bytes = SPEECH, leaf: str = "audio", *, last: bool = False
    ) -> None:
        self.say(leaf, Chunk(run, self._sequence, at_ms, pcm, last=last))
        self._sequence += 1

    def all(self, kind: type[T]) -> list[T]:
        return [message for _, message in self.got if isinstance(message, kind)]

    def states(self, run: int | None = None) -> list[str]:
        return [each.state for each in self.all(protocol.Progress) if run is None or each.run == run]

    def outcomes(self) -> list[tuple[int, str]]:
        return [(each.run, each.outcome) for each in self.all(protocol.Progress) if each.state == "done"]

    async def welcome(self) -> protocol.Hub:
        await until(lambda: bool(self.all(protocol.Hub)))
        return self.all(protocol.Hub)[-1]


@contextlib.asynccontextmanager
async def remote(address: Address, called: str, /, **able: Any) -> AsyncIterator[Remote]:
    topic = protocol.topic("appliance", called, "up", "availability")
    async with connected(address, f"satellite-{called}", topic) as client:
        made = Remote(client, called)
        made.join(**able)
        hub = await made.welcome()
        assert hub.online
        yield made
