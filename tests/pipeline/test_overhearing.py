"""While a room speaks, "stop" silences it without a wake word; any other sentence does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from appliance.audio import pcm
from appliance.config.model import Config
from appliance.demonstration import chunks, speak
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.places import LOCAL
from appliance.wire import messages as m
from tests.appliances import Running, next_note
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import TwoAreas

STORY = "Once upon a time there was a lamp that nobody had ever switched on. " * 4
BLOCK_MS = 20


class Speaking:
    """The appliance's own room in the middle of a long announcement."""

    def __init__(self, **turn: bool) -> None:
        self.stages = RecordingStages()
        config = Config()
        config = msgspec.structs.replace(config, turn=msgspec.structs.replace(config.turn, **turn))
        self.conductor = Conductor(self.stages, TwoAreas(), config)
        self.notes: list[str] = []
        self.conductor.trace.watch(lambda note: self.notes.append(note.kind))
        self.at_ms = 0
        self.conductor.local.say(STORY)
        self.turn = self.conductor.local.turn
        self.conductor.message("sound", m.PlayStarted(self.turn, 0))
        self.stages.sent.clear()

    def hear(self, ms: int, probability: float = 0.0) -> None:
        """So much of the microphone, judged as speech or not."""
        for _ in range(ms // BLOCK_MS):
            self.conductor.message("sound", m.MicAudio(self.at_ms, bytes(BLOCK_MS * pcm.BYTES_PER_MS)))
            self.at_ms += BLOCK_MS
            if turn := self.listening():
                self.conductor.message("vad", m.Voice(turn, self.at_ms, probability))

    def listening(self) -> int:
        """The newest utterance that the recogniser was asked for."""
        started = [
            each.turn
            for stage, each in self.stages.sent
            if isinstance(each, m.ListenStart) and stage == "stt"
        ]
        return started[-1] if started else 0

    def says(self, text: str, confidence: float = 0.9, nearly: str = "") -> None:
        """Somebody says that, and is silent."""
        self.hear(100)
        self.hear(400, 0.9)
        self.hear(600)
        turn = self.listening()
        assert m.ListenEnd(turn) in self.stages.take("stt"), "the end was not noticed"
        self.conductor.message("stt", m.Transcript(turn, text, confidence, 1.0, nearly=nearly))

    async def speaks(self) -> bool:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return self.conductor.local.turn == self.turn


@pytest.fixture
async def speaking() -> AsyncIterator[Speaking]:
    made = Speaking()
    yield made
    made.conductor.close()


async def test_stop_silences_it(speaking: Speaking) -> None:
    speaking.says("stop")
    assert not await speaking.speaks()
    assert m.Cancel(speaking.turn) in speaking.stages.take("sound")
    assert "intent" not in speaking.notes
    assert "transcript" not in speaking.notes


@pytest.mark.parametrize("text", ["turn on the light", "yes", "unlock the door", "", "stop the music"])
async def test_nothing_else_does_anything(speaking: Speaking, text: str) -> None:
    speaking.says(text)
    assert await speaking.speaks()
    assert not speaking.stages.take("intent")
    assert "deed" not in speaking.notes


@pytest.mark.parametrize(
    ("nearly", "confidence", "silenced"),
    [("stop", 0.7, True), ("stop", 0.5, False), ("stop the music", 0.7, False)],
)
async def test_a_doubtful_word_for_silence_will_do(
    speaking: Speaking, nearly: str, confidence: float, silenced: bool
) -> None:
    speaking.says("", confidence, nearly)
    assert await speaking.speaks() != silenced


async def test_after_another_sentence_stop_is_still_heard(speaking: Speaking) -> None:
    speaking.says("turn on the light")
    speaking.says("be quiet")
    assert not await speaking.speaks()


async def test_who_speaks_long_is_listened_to_anew(speaking: Speaking) -> None:
    speaking.hear(100)
    first = speaking.listening()
    speaking.hear(3_400, 0.9)
    assert speaking.listening() != first
    assert m.Cancel(first) in speaking.stages.take("stt")


async def test_when_it_is_silent_nobody_listens(speaking: Speaking) -> None:
    speaking.hear(100)
    turn = speaking.listening()
    speaking.conductor.message("sound", m.Played(speaking.turn, 0, 1.0, 0.1))
    assert m.Cancel(turn) in speaking.stages.take("stt")
    speaking.hear(200)
    assert not speaking.stages.take("stt")


async def test_the_wake_word_ends_it(speaking: Speaking) -> None:
    speaking.hear(100)
    overheard = speaking.listening()
    speaking.conductor.message("wake", m.WakeHeard("alexa", 0.9, speaking.at_ms))
    assert m.Cancel(overheard) in speaking.stages.take("stt")
    assert speaking.conductor.place(LOCAL).ears.tap is None


async def test_without_audio_no_recogniser_is_taken(speaking: Speaking) -> None:
    assert not speaking.stages.take("stt")


async def test_it_can_be_switched_off() -> None:
    made = Speaking(stop_word=False)
    made.hear(200)
    assert not made.stages.take("stt")
    made.conductor.close()


async def test_a_fresh_recogniser_hears_it_from_the_beginning(speaking: Speaking) -> None:
    speaking.hear(200)
    turn = speaking.listening()
    speaking.stages.take("stt")
    speaking.conductor.stage_changed("stt", "ready", ready=True)
    taken = speaking.stages.take("stt")
    assert m.ListenStart(turn) in taken
    assert sum(len(each.pcm) for each in taken if isinstance(each, m.Audio)) >= 100 * pcm.BYTES_PER_MS


async def test_in_a_whole_appliance(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", wake__engine="microwakeword")
    try:
        await running.listening()
        async with running.notes() as notes, running.client() as client:
            await client.ask("announce", text=STORY)
            await next_note(notes, "first_audio")
            for chunk in chunks(bytes(32_000) + speak("stop") + bytes(64_000)):
                await client.ask("hear", pcm=chunk)
            done = await next_note(notes, "done", "played")
        assert (done.kind, done.data) == ("done", {"outcome": "interrupted"})
    finally:
        running.close()
