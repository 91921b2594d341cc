from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio.pcm import rms
from appliance.engines.contract import Speech
from appliance.stages.tts import PhraseCache, merged
from appliance.wire import messages
from tests.stages.child import StageChild

LONG = "One thing is here, and another thing is over there in the other room. " * 50


@pytest.fixture
def stage() -> Iterator[StageChild]:
    child = StageChild("tts")
    child.send(messages.Configure("espeak", {"language": "en"}))
    child.until(messages.Ready)
    yield child
    child.kill()


def spoken(
    stage: StageChild, turn: int, sentence: int, text: str
) -> tuple[list[messages.SpeechAudio], messages.Spoken]:
    start = len(stage.seen)
    stage.send(messages.Speak(turn, sentence, text))
    end = stage.until(messages.Spoken, lambda message: message.turn == turn and message.sentence == sentence)
    return [one for one in stage.seen[start:] if isinstance(one, messages.SpeechAudio)], end


def test_a_sentence_becomes_audio_and_an_end(stage: StageChild) -> None:
    pieces, end = spoken(stage, 3, 0, "Turning on the light.")
    pcm = b"".join(piece.pcm for piece in pieces)
    assert {(piece.turn, piece.sentence, piece.rate_hz) for piece in pieces} == {(3, 0, 22_050)}
    assert end.seconds == pytest.approx(len(pcm) / 2 / 22_050, abs=0.001)
    assert 0.5 < end.seconds < 5
    assert rms(pcm) > 0.02
    assert stage.stop() == 0


def test_sentences_come_in_order(stage: StageChild) -> None:
    for number in range(5):
        stage.send(messages.Speak(1, number, f"This is number {number}."))
    stage.until(messages.Spoken, lambda message: message.sentence == 4)
    assert [one.sentence for one in stage.all(messages.Spoken)] == [0, 1, 2, 3, 4]
    assert [one.sentence for one in stage.all(messages.SpeechAudio)] == sorted(
        one.sentence for one in stage.all(messages.SpeechAudio)
    )


def test_a_long_text_keeps_every_packet_small(stage: StageChild) -> None:
    pieces, end = spoken(stage, 1, 0, LONG)
    assert end.seconds > 100
    assert all(0 < len(piece.pcm) <= messages.MAX_PCM_BYTES for piece in pieces)
    assert len(pieces) < 1.5 * end.seconds + 5, "few messages, though it is made quickly"
    assert len(pieces[0].pcm) <= 22_050, "the first piece waits for no other"


def test_a_cancelled_turn_falls_silent(stage: StageChild) -> None:
    """The rest of its sentence and all that were queued are dropped; the next turn speaks."""
    stage.send(
        messages.Speak(1, 0, LONG),
        messages.Speak(1, 1, LONG),
        messages.Cancel(1),
        messages.Speak(2, 0, "Yes?"),
    )
    stage.until(messages.Spoken, lambda message: message.turn == 2)
    assert not [one for one in stage.all(messages.Spoken) if one.turn == 1]
    seconds = sum(len(one.pcm) / 2 / one.rate_hz for one in stage.all(messages.SpeechAudio) if one.turn == 1)
    assert seconds < 60


def test_a_heartbeat_is_answered_while_it_speaks(stage: StageChild) -> None:
    stage.send(messages.Speak(1, 0, LONG), messages.Ping(7))
    stage.until(messages.Pong, lambda message: message.id == 7)
    assert not stage.all(messages.Spoken)
    stage.until(messages.Spoken)


def test_a_phrase_said_before_is_the_same(stage: StageChild) -> None:
    first, made = spoken(
        stage, 1, 0, "Which light do you mean, the one in the kitchen or the one in the hall?"
    )
    again, end = spoken(
        stage, 2, 0, "Which light do you mean, the one in the kitchen or the one in the hall?"
    )
    assert b"".join(piece.pcm for piece in again) == b"".join(piece.pcm for piece in first)
    assert all(0 < len(piece.pcm) <= messages.MAX_PCM_BYTES for piece in again)
    assert end.turn == 2
    assert (made.cached, end.cached) == (False, True)


def test_no_words_are_no_audio_but_an_end(stage: StageChild) -> None:
    pieces, end = spoken(stage, 1, 0, "\x00 \n")
    assert pieces == []
    assert end.seconds == 0.0


@pytest.mark.parametrize(
    ("options", "engine", "missing"),
    [
        ({"voice": "klingonese"}, "espeak", False),
        ({"nonsense": 1}, "espeak", False),
        ({}, "piper", True),
        ({}, "x", False),
    ],
)
def test_what_cannot_work_is_told(
    options: dict[str, messages.OptionValue], engine: str, missing: bool
) -> None:
    child = StageChild("tts")
    child.send(messages.Configure(engine, options))
    failed = child.until(messages.Failed)
    assert failed.message
    assert failed.hint
    assert failed.missing == missing
    assert child.process.wait(10) == 3
    child.kill()


def test_the_cache_forgets_the_least_recently_said() -> None:
    cache = PhraseCache(limit_bytes=250, entry_bytes=100)
    for name in "abc":
        cache.put((name, 1.0), Speech(16_000, bytes(80)))
    assert cache.get(("a", 1.0)) is None
    assert cache.get(("b", 1.0))
    cache.put(("d", 1.0), Speech(16_000, bytes(80)))
    assert cache.get(("c", 1.0)) is None, "b was said more recently"
    assert cache.get(("b", 1.0))
    assert cache.get(("b", 2.0)) is None, "another speed is another sound"


def test_the_cache_keeps_nothing_long_or_empty() -> None:
    cache = PhraseCache(limit_bytes=1_000, entry_bytes=100)
    cache.put(("long", 1.0), Speech(16_000, bytes(101)))
    cache.put(("empty", 1.0), Speech(16_000, b""))
    assert cache.size_bytes == 0


@given(st.lists(st.tuples(st.text(max_size=5), st.floats(), st.integers(0, 120)), max_size=60))
def test_the_cache_is_bounded(puts: list[tuple[str, float, int]]) -> None:
    cache = PhraseCache(limit_bytes=400, entry_bytes=100)
    for text, speed, size in puts:
        cache.put((text, speed), Speech(16_000, bytes(size)))
        assert 0 <= cache.size_bytes <= 400


@given(st.lists(st.integers(1, 8_000).map(lambda samples: bytes(2 * samples)), max_size=30))
def test_merging_loses_nothing(pcms: list[bytes]) -> None:
    found = list(merged(Speech(8_000, pcm) for pcm in pcms))
    assert sum(len(piece.pcm) for piece in found) == sum(map(len, pcms))
    assert [piece.pcm for piece in found[:1]] == pcms[:1]
    assert all(0 < len(piece.pcm) < 32_000 for piece in found)


def test_what_was_prepared_is_said_at_once_and_sounds_the_same(stage: StageChild) -> None:
    first, _ = spoken(stage, 1, 0, "Turned on the light.")
    stage.send(messages.Prepare(2, "Turned off the light."))
    start = len(stage.seen)
    pieces, end = spoken(stage, 2, 0, "Turned off the light.")
    assert len(pieces) == 1
    assert [each for each in stage.seen[start:] if isinstance(each, messages.SpeechAudio)] == pieces
    assert end.seconds > 0.5
    assert first
