"""Words before an answer that takes long, and the answer after them."""

from __future__ import annotations

import asyncio

from appliance.config.model import Config, Turn
from appliance.dialogue import fillers
from appliance.dialogue.turn import Phase
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import Flat


def thinking_flat(config: Config | None = None) -> Flat:
    """With a language model."""
    flat = Flat(config)
    flat.stages.ready = set(RecordingStages().ready)
    return flat


def asked(flat: Flat, turn: int) -> list[str]:
    flat.speak(turn, "why is the sky blue")
    flat.conductor.message("intent", m.Understood(turn, (), "?", "none", "", 1.0))
    return [each.text for each in flat.stages.take("tts") if isinstance(each, m.Speak)]


async def test_a_long_wait_is_filled_and_the_answer_follows() -> None:
    flat = thinking_flat()
    site = flat.sites["kitchen"]
    turn = site.woken("alexa", 0.9, 1_000)
    (words,) = asked(flat, turn)
    assert words in fillers.PHRASES["en"]["thinking"]
    flat.conductor.message("tts", m.SpeechAudio(turn, 1_000_000, 16_000, b"\1\0" * 50))
    flat.conductor.message("tts", m.Spoken(turn, 1_000_000, 0.1, 1.0))
    site.play_started(turn, 2_000)
    assert site.phase is Phase.THINKING
    flat.conductor.message("llm", m.Token(turn, "Because of the air."))
    flat.conductor.message("llm", m.Generated(turn, "stop", 3, 4, 5.0, 6.0))
    assert site.phase is Phase.SPEAKING
    flat.synthesize(turn)
    pieces = flat.rooms["kitchen"].told("play")
    assert [len(piece[2]) for piece in pieces if isinstance(piece, tuple)] == [100, 200]
    assert flat.rooms["kitchen"].told("end") == [turn]
    site.played(turn)
    assert site.turn == 0


async def test_a_wait_that_was_short_before_is_not_filled() -> None:
    flat = thinking_flat()
    for at in range(2):
        turn = flat.sites["kitchen"].woken("alexa", 0.9, 1_000 + at * 60_000)
        words = asked(flat, turn)
        flat.conductor.message("llm", m.Token(turn, "Because of the air."))
        flat.conductor.message("llm", m.Generated(turn, "stop", 3, 4, 5.0, 6.0))
        flat.sites["kitchen"].hush()
        flat.stages.take("tts")
        assert bool(words) == (at == 0)


async def test_they_can_be_switched_off() -> None:
    flat = thinking_flat(Config(turn=Turn(fillers=False)))
    assert asked(flat, flat.sites["kitchen"].woken("alexa", 0.9, 1_000)) == []
    flat.conductor.stage_changed("tts", "ready", ready=True)
    assert not any(isinstance(each, m.Prepare) for each in flat.stages.take("tts"))


async def test_a_fresh_voice_has_them_ready() -> None:
    flat = thinking_flat()
    flat.conductor.stage_changed("tts", "ready", ready=True)
    prepared = [each.text for each in flat.stages.take("tts") if isinstance(each, m.Prepare)]
    assert prepared == list(fillers.everything("en"))
    await asyncio.sleep(0)


async def test_while_somebody_is_asked_the_recogniser_knows_yes_and_no() -> None:
    flat = thinking_flat()
    plain = m.SpeechGrammar(("turn on <name>",), {"name": ("lamp",)})
    flat.conductor.message("intent", m.GrammarReady(plain))
    flat.conductor._question("kitchen", True)
    flat.conductor._question("hall", True)
    flat.conductor._question("kitchen", False)
    flat.conductor._question("hall", False)
    sent = [each.grammar for each in flat.stages.take("stt") if isinstance(each, m.SetGrammar)]
    assert len(sent) == 3
    assert sent[0] == sent[2]
    assert sent[0] is not None
    assert sent[1] is not None
    assert "yes_or_no" not in sent[0].lists
    assert "yes" in sent[1].lists["yes_or_no"]
    assert sent[1].patterns[0] == "turn on <name>"


async def test_not_understanding_is_said_in_two_ways() -> None:
    flat = Flat()
    said = []
    for at in range(4):
        turn = flat.sites["kitchen"].woken("alexa", 0.9, 1_000 + at * 60_000)
        flat.speak(turn, "")
        said += [each.text for each in flat.stages.take("tts") if isinstance(each, m.Speak)]
        flat.sites["kitchen"].hush()
    assert set(said) == set(fillers.PHRASES["en"]["clarification"])
    assert said[0] != said[1]
