"""The whole pipeline without processes: what stages are told, and that late answers change nothing."""

from __future__ import annotations

import asyncio

import pytest

from appliance.config.model import Config
from appliance.dialogue.events import DeedResult
from appliance.home.entities import House
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.trace import TurnNote
from appliance.pipeline.waiting import MAX_WAITING
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages

DEED = m.Deed("light", "turn_on", ("light.a",))


class OneLamp:
    """A home that does everything."""

    def __init__(self) -> None:
        self.deeds: list[m.Deed] = []

    def house(self) -> House:
        return House()

    async def perform(self, deed: m.Deed, granted: object = ()) -> list[DeedResult]:
        del granted
        self.deeds.append(deed)
        return [DeedResult(entity_id, "Lamp", done=True, confirmed=True) for entity_id in deed.entity_id]


class Bench:
    """A conductor with everything around it written down."""

    def __init__(self) -> None:
        self.stages = RecordingStages(ready=set(m.STAGE_NAMES) - {"llm"})
        self.home = OneLamp()
        self.conductor = Conductor(self.stages, self.home, Config())
        self.notes: list[TurnNote] = []
        self.conductor.trace.watch(self.notes.append)

    def kinds(self) -> list[str]:
        return [note.kind for note in self.notes]

    async def spoken_turn(self, turn: int) -> None:
        """From wake word to meaning."""
        self.conductor.message("wake", m.WakeHeard("alexa", 0.9, 1_000))
        for at in range(1, 20):
            self.conductor.message("vad", m.Voice(turn, 1_000 + at * 32, 1.0))
        for at in range(20, 60):
            self.conductor.message("vad", m.Voice(turn, 1_000 + at * 32, 0.0))
        self.conductor.message("stt", m.Transcript(turn, "lamp on", 1.0, 5.0))

    def play_out(self, turn: int) -> None:
        """The synthesizer and the loudspeaker do their part."""
        for message in self.stages.take("tts"):
            if isinstance(message, m.Speak):
                self.conductor.message("tts", m.SpeechAudio(turn, message.sentence, 16_000, b"\1\0" * 100))
                self.conductor.message("tts", m.Spoken(turn, message.sentence, 1.0, 1.0))
        self.conductor.message("sound", m.PlayStarted(turn, 2_000))
        self.conductor.message("sound", m.Played(turn, 3_000, 1.0, 0.1))


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_turn_from_wake_word_to_silence(bench: Bench) -> None:
    await bench.spoken_turn(1)
    assert any(isinstance(message, m.ListenEnd) for message in bench.stages.take("stt"))
    assert m.Understand(1, "lamp on", "", "local") in bench.stages.take("intent")
    bench.conductor.message("intent", m.Understood(1, (DEED,), "Turned on.", "intent", "HassTurnOn", 1.0))
    async with asyncio.timeout(5):
        while "reply" not in bench.kinds():
            await asyncio.sleep(0)
    assert bench.home.deeds == [DEED]
    bench.play_out(1)
    assert bench.kinds() == [
        "wake", "listening", "speech_start", "endpoint", "transcript", "intent", "deed", "reply",
        "first_audio", "played", "done",
    ]  # fmt: skip
    assert bench.conductor.idle


async def test_answers_for_a_dropped_turn_change_nothing(bench: Bench) -> None:
    await bench.spoken_turn(1)
    bench.conductor.message("wake", m.WakeHeard("alexa", 0.9, 9_000))
    bench.conductor.message("intent", m.Understood(1, (DEED,), "Turned on.", "intent", "HassTurnOn", 1.0))
    await asyncio.sleep(0)
    assert bench.home.deeds == []


async def test_barge_in_silences_every_stage_that_works_for_the_turn(bench: Bench) -> None:
    await bench.spoken_turn(1)
    bench.conductor.message("wake", m.WakeHeard("alexa", 0.9, 9_000))
    for stage in ("sound", "stt", "tts"):
        assert m.Cancel(1) in bench.stages.take(stage)


async def test_an_interrupted_reply_does_not_end_the_new_turn(bench: Bench) -> None:
    await bench.spoken_turn(1)
    bench.conductor.message("wake", m.WakeHeard("alexa", 0.9, 9_000))
    bench.conductor.message("sound", m.Played(1, 9_100, 0.5, 0.1, interrupted=True))
    assert not bench.conductor.idle


async def test_mute_closes_the_microphone_and_stays_after_a_restart(bench: Bench) -> None:
    bench.conductor.mute(muted=True)
    assert bench.stages.take("sound") == [m.Capture(on=False)]
    bench.conductor.stage_changed("sound", "ready", ready=True)
    assert m.Capture(on=False) in bench.stages.take("sound")


async def test_the_microphone_stays_closed_until_somebody_can_answer(bench: Bench) -> None:
    bench.conductor.stage_changed("sound", "ready", ready=True)
    for stage in ("wake", "stt", "intent"):
        bench.conductor.stage_changed(stage, "starting", ready=False)
        bench.conductor.stage_changed(stage, "ready", ready=True)
    assert m.Capture(on=True) not in bench.stages.take("sound")
    bench.conductor.stage_changed("vad", "waiting", ready=False)  # its library is missing: the rest goes on
    assert bench.stages.take("sound") == [m.Capture(on=True)]
    bench.conductor.stage_changed("wake", "starting", ready=False)
    bench.conductor.stage_changed("sound", "ready", ready=True)
    assert m.Capture(on=True) in bench.stages.take("sound")


async def test_the_grammar_reaches_a_fresh_recogniser(bench: Bench) -> None:
    """With the words that only ask for silence, which every home understands."""
    bench.conductor.message("intent", m.GrammarReady(m.SpeechGrammar(("turn on the lamp",))))
    (sent,) = bench.stages.take("stt")
    assert isinstance(sent, m.SetGrammar)
    assert sent.grammar is not None
    assert sent.grammar.patterns == ("turn on the lamp", "<only_stop>")
    bench.conductor.stage_changed("stt", "ready", ready=True)
    assert bench.stages.take("stt") == [sent]


async def test_questions_wait_their_turn(bench: Bench) -> None:
    turns: list[int] = []

    def started(turn: int) -> bool:
        turns.append(turn)
        return True

    for text in ("one", "two"):
        assert bench.conductor.ask(text, started)
    assert turns == [1]
    bench.conductor.message("intent", m.Understood(1, (), "First.", "intent", "", 1.0))
    bench.play_out(1)
    await asyncio.sleep(0)
    assert turns == [1, 2]


async def test_a_question_that_nobody_waits_for_is_not_carried_out(bench: Bench) -> None:
    bench.conductor.ask("one", lambda _: True)
    bench.conductor.ask("unlock the door", lambda _: False)
    bench.stages.take("intent")
    bench.conductor.message("intent", m.Understood(1, (), "First.", "intent", "", 1.0))
    bench.play_out(1)
    await asyncio.sleep(0)
    assert bench.stages.take("intent") == []
    assert bench.conductor.idle


async def test_too_many_questions_are_refused(bench: Bench) -> None:
    accepted = [bench.conductor.ask("x", lambda _: True) for _ in range(MAX_WAITING + 3)]
    assert accepted.count(False) == 2


async def test_a_missed_deadline_is_spoken_about(bench: Bench) -> None:
    config = Config()
    quick = Conductor(bench.stages, bench.home, type(config)(turn=type(config.turn)(understand_seconds=0.02)))
    quick.ask("one", lambda _: True)
    async with asyncio.timeout(5):
        while not any(isinstance(message, m.Speak) for _, message in bench.stages.sent):
            await asyncio.sleep(0.01)
    quick.close()
