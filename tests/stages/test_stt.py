from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.audio import pcm
from appliance.wire import messages
from tests import hearing
from tests.ears import graphs
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
        child.send(messages.ListenEnd(number))
    child.send(messages.Ping(7))
    child.until(messages.Pong, lambda pong: pong.id == 7)
    child.until(messages.Transcript, lambda each: each.turn == 5)
    assert [each.turn for each in child.all(messages.Transcript)] == [0, 1, 2, 3, 4, 5]
    assert child.stop() == 0


def speak_at_once(child: StageChild, sentences: dict[int, str]) -> None:
    """Several rooms, block by block in turn; they end in the order of the sentences' lengths."""
    sounds = {turn: hearing.spoken(text, "en-us") + hearing.SILENCE for turn, text in sentences.items()}
    for turn in sounds:
        child.send(messages.ListenStart(turn))
    for at in range(0, max(map(len, sounds.values())), pcm.BLOCK_BYTES):
        for turn, sound in sounds.items():
            if at < len(sound):
                block = sound[at : at + pcm.BLOCK_BYTES]
                child.send(messages.Audio(turn, at // pcm.BYTES_PER_MS, block))
                if at + pcm.BLOCK_BYTES >= len(sound):
                    child.send(messages.ListenEnd(turn))


ROOMS = {1: "turn on the kitchen light", 2: "open the window", 3: "turn off the bedroom light"}


def test_rooms_that_speak_at_once_are_all_understood(child: StageChild) -> None:
    speak_at_once(child, ROOMS)
    child.until(messages.Transcript, lambda _: len(child.all(messages.Transcript)) == len(ROOMS))
    assert {each.turn: each.text for each in child.all(messages.Transcript)} == ROOMS


def test_a_room_that_goes_away_lets_the_next_one_speak(child: StageChild) -> None:
    say(child, 1, "turn on the kitchen light")
    say(child, 2, "open the window")
    child.send(messages.ListenEnd(2), messages.Cancel(1))
    assert child.until(messages.Transcript).text == "open the window"
    say(child, 3, "turn off the bedroom light")
    assert transcript(child, 3).text == "turn off the bedroom light"


def test_too_many_at_once_are_told_so(child: StageChild) -> None:
    for turn in range(1, 12):
        child.send(messages.ListenStart(turn))
    refused = child.until(messages.Transcript)
    assert (refused.turn, refused.text) == (9, "")
    assert any("at once" in note.text for note in child.all(messages.Note))


def test_vosk_decodes_several_at_once(shared_models: Path) -> None:
    each = StageChild("stt")
    try:
        models = {"model": str(shared_models / "tiny-vosk")}
        each.send(messages.Configure("vosk", {"wake_words": ["hey_jarvis"]}, models))
        each.until(messages.Ready)
        each.send(messages.SetGrammar(GRAMMAR))
        for turn in (1, 2):
            say(each, turn, "open the window")
        for turn in (2, 1):
            assert transcript(each, turn).text == "open the window"
    finally:
        each.kill()


@pytest.fixture
def doubting(shared_models: Path, tmp_path: Path) -> Iterator[StageChild]:
    """Vosk, never sure enough of anything."""
    model = graphs.bare_model(shared_models, tmp_path / "model")
    each = StageChild("stt")
    options = {"wake_words": ["hey_jarvis"], "min_confidence": 1.01}
    each.send(messages.Configure("vosk", options, {"model": str(model)}))
    each.until(messages.Ready)
    each.send(messages.SetGrammar(GRAMMAR))
    yield each
    each.kill()


def test_what_was_not_sure_enough_is_told_without_the_wake_word(doubting: StageChild) -> None:
    say(doubting, 1, "hey jarvis, turn on the kitchen light")
    result = transcript(doubting, 1)
    assert (result.text, result.words) == ("", ())
    assert result.nearly == "turn on the kitchen light"


def test_words_have_times_and_the_wake_word_is_none_of_them(shared_models: Path, tmp_path: Path) -> None:
    model = graphs.bare_model(shared_models, tmp_path / "model")
    child = StageChild("stt")
    options: dict[str, messages.OptionValue] = {"wake_words": ["hey_jarvis"], "min_confidence": 0.1}
    child.send(messages.Configure("vosk", options, {"model": str(model)}))
    child.until(messages.Ready)
    child.send(messages.SetGrammar(GRAMMAR))
    end_ms = say(child, 1, "hey jarvis, turn on the kitchen light") - 1_000
    result = transcript(child, 1)
    assert result.text == "turn on the kitchen light"
    assert [word.word for word in result.words] == result.text.split()
    assert 300 < result.words[0].start_ms < result.words[-1].end_ms <= end_ms
    assert result.nearly == ""
    child.kill()
