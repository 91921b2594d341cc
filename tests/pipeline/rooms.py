"""A conductor with rooms whose loudspeakers write down what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from appliance.config.model import Config
from appliance.dialogue.events import DeedResult
from appliance.home.entities import Area, House
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.site import Site
from appliance.pipeline.trace import TurnNote
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages

SECONDS = 5.0


class Room:
    """A loudspeaker that plays nothing and forgets nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.notes: list[TurnNote] = []

    def play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        self.calls.append(("play", (turn, rate_hz, pcm)))

    def end(self, turn: int) -> None:
        self.calls.append(("end", turn))

    def cancel(self, turn: int) -> None:
        self.calls.append(("cancel", turn))

    def chime(self, turn: int) -> None:
        self.calls.append(("chime", turn))

    def tick(self, turn: int) -> None:
        self.calls.append(("tick", turn))

    def volume(self, level: float) -> None:
        self.calls.append(("volume", level))

    def note(self, note: TurnNote) -> None:
        self.notes.append(note)

    def searched(self, on: bool, reason: str) -> None:
        self.calls.append(("searched", (on, reason)))

    def told(self, name: str) -> list[object]:
        return [value for call, value in self.calls if call == name]

    def kinds(self) -> list[str]:
        return [note.kind for note in self.notes]


class TwoAreas:
    """A home that does everything."""

    def __init__(self) -> None:
        self.deeds: list[m.Deed] = []

    def house(self) -> House:
        return House(areas=(Area("kitchen", "Kitchen"), Area("hall", "Hall")))

    async def perform(self, deed: m.Deed, granted: object = ()) -> list[DeedResult]:
        del granted
        self.deeds.append(deed)
        return [DeedResult(entity_id, "Lamp", done=True, confirmed=True) for entity_id in deed.entity_id]


class Flat:
    """A kitchen and a hall."""

    def __init__(self, config: Config | None = None) -> None:
        self.stages = RecordingStages(ready=set(m.STAGE_NAMES) - {"llm"})
        self.home = TwoAreas()
        self.conductor = Conductor(self.stages, self.home, config or Config())
        self.rooms = {name: Room() for name in ("kitchen", "hall")}
        self.sites: dict[str, Site] = {
            name: self.conductor.add_place(name, room, name.title()) for name, room in self.rooms.items()
        }

    def speak(self, turn: int, text: str) -> None:
        """The rest of a spoken turn, up to its text."""
        for at in range(1, 20):
            self.conductor.message("vad", m.Voice(turn, 1_000_000 + at * 32, 1.0))
        for at in range(20, 60):
            self.conductor.message("vad", m.Voice(turn, 1_000_000 + at * 32, 0.0))
        self.conductor.message("stt", m.Transcript(turn, text, 1.0, 5.0))

    def synthesize(self, turn: int) -> None:
        """The synthesizer does its part."""
        for message in self.stages.take("tts"):
            if isinstance(message, m.Speak) and message.turn == turn:
                self.conductor.message("tts", m.SpeechAudio(turn, message.sentence, 16_000, b"\1\0" * 100))
                self.conductor.message("tts", m.Spoken(turn, message.sentence, 1.0, 1.0))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                await asyncio.sleep(0.001)
