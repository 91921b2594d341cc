from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from appliance.audio import pcm
from appliance.wire import messages
from tests import hearing
from tests.stages.child import StageChild

GRAMMAR = messages.SpeechGrammar(
    ("[<wake>] turn (on|off) the <light>", "[<wake>] open the window", "<wake>"),
    {"light": ("kitchen light", "bedroom light"), "wake": ("hey jarvis", "jarvis")},
)


@pytest.fixture
def child() -> Iterator[StageChild]:
    each = StageChild("stt")
    each.send(messages.Configure("pocketsphinx", {"wake_words": ["hey_jarvis"]}))
    assert "pocketsphinx" in each.until(messages.Ready).detail
    each.send(messages.SetGrammar(GRAMMAR))
    yield each
    each.kill()


def say(child: StageChild, turn: int, text: str, size_bytes: int = pcm.BLOCK_BYTES) -> int:
    """Speak a sentence of this turn; when it ends, in milliseconds of the microphone."""
    sound = hearing.spoken(text, "en-us") + hearing.SILENCE
    child.send(messages.ListenStart(turn))
    for number, block in enumerate(pcm.blocks(sound, size_bytes)):
        child.send(messages.Audio(turn, 1_000 + number * size_bytes // pcm.BYTES_PER_MS, block))
    return 1_000 + round(pcm.milliseconds(sound))


def transcript(child: StageChild, turn: int) -> messages.Transcript:
    child.send(messages.ListenEnd(turn))
    return child.until(messages.Transcript, lambda each: each.turn == turn)


def test_partial_texts_and_the_transcript(child: StageChild) -> None:
    end_ms = say(child, 3, "turn on the kitchen light")
    result = transcript(child, 3)
    assert result.text == "turn on the kitchen light"
    assert 0.5 < result.confidence <= 1.0
    assert result.ms >= 0
    partials = child.all(messages.Partial)
    assert {each.turn for each in partials} == {3}
    texts = [each.text for each in partials]
    assert texts
    assert texts[0] != ""
    assert all(before != after for before, after in pairwise(texts))
    times = [each.at_ms for each in partials]
    assert times == sorted(times)
    assert 1_000 < times[0] <= times[-1] <= end_ms


def test_a_backlog_in_large_blocks_is_heard_like_a_stream(child: StageChild) -> None:
    end_ms = say(child, 1, "turn off the bedroom light", messages.MAX_PCM_BYTES)
    assert transcript(child, 1).text == "turn off the bedroom light"
    partials = child.all(messages.Partial)
    assert len(partials) > 1
    assert all(1_000 < each.at_ms <= end_ms for each in partials)


def test_the_wake_word_is_cut_off(child: StageChild) -> None:
    say(child, 1, "hey jarvis, turn on the kitchen light")
    assert transcript(child, 1).text == "turn on the kitchen light"
    say(child, 2, "hey jarvis")
    assert transcript(child, 2).text == ""
    assert not any("jarvis" in each.text for each in child.all(messages.Partial))


def test_other_speech_gives_an_empty_text(child: StageChild) -> None:
    say(child, 1, "do you think it will rain on our holiday")
    assert transcript(child, 1).text == ""


def test_a_cancelled_turn_is_dropped(child: StageChild) -> None:
    say(child, 1, "turn on the kitchen light")
    child.send(messages.Cancel(1), messages.ListenEnd(1))
    say(child, 2, "open the window")
    assert transcript(child, 2).text == "open the window"
    assert [each.turn for each in child.all(messages.Transcript)] == [2]


def test_audio_of_another_turn_is_not_heard(child: StageChild) -> None:
    child.send(messages.ListenStart(2))
    for block in pcm.blocks(hearing.spoken("turn on the kitchen light", "en-us")):
        child.send(messages.Audio(1, 0, block))
    assert transcript(child, 2).text == ""


def test_a_grammar_that_does_not_compile_leaves_the_one_before(child: StageChild) -> None:
    child.send(messages.SetGrammar(messages.SpeechGrammar(("turn (on",))))
    assert child.until(messages.Note).level == "error"
    say(child, 1, "turn on the kitchen light")
    assert transcript(child, 1).text == "turn on the kitchen light"


def test_names_that_cannot_be_heard_are_told(child: StageChild) -> None:
    child.send(messages.SetGrammar(messages.SpeechGrammar(("turn on the (кухня|lamp)",))))
    note = child.until(messages.Note)
    assert note.level == "warning"
    assert "кухня" in note.text


def test_a_heartbeat_is_answered_in_the_middle_of_a_backlog(child: StageChild) -> None:
    for number in range(6):
        child.send(
            messages.ListenStart(number), messages.Audio(number, 0, hearing.spoken("turn on", "en-us"))
        )
    child.send(messages.Ping(7))
    child.until(messages.Pong, lambda pong: pong.id == 7)
    assert transcript(child, 5).turn == 5
    assert child.stop() == 0
