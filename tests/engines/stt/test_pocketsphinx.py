from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audio import pcm, reading
from appliance.engines.stt.pocketsphinx import Engine, Options
from appliance.errors import EngineError
from appliance.home.entities import Area, Entity, House
from appliance.understanding.grammar import speech_grammar, spoken, strip_wake
from appliance.wire.messages import SpeechGrammar
from tests import hearing

WAKE_WORDS = ("hey_jarvis", "alexa")
HOUSE = House(
    areas=(Area("kitchen", "Kitchen"), Area("office", "Office")),
    entities=(
        Entity("light.bed", "Bed Light", "light"),
        Entity("light.kitchen", "Kitchen Light", "light", area="kitchen"),
        Entity("light.standing", "Standing Light", "light", area="office"),
        Entity("cover.door", "Sliding Door", "cover"),
        Entity("cover.window", "Office Window", "cover", area="office"),
        Entity("lock.front", "Front Door", "lock"),
        Entity("media_player.tv", "TV", "media_player", area="kitchen"),
        Entity("script.party", "Party Time", "script"),
        Entity("weather.ny", "New York", "weather"),
        Entity("climate.thermostat", "Thermostat", "climate", area="office"),
    ),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    each = Engine(Options(), {}, 1)
    each.open()
    yield each
    each.close()


@pytest.fixture
def at_home(engine: Engine) -> Engine:
    engine.set_grammar(speech_grammar(HOUSE, WAKE_WORDS))
    return engine


def heard(engine: Engine, sound: bytes) -> str:
    engine.start()
    for block in pcm.blocks(sound):
        list(engine.feed(block))
    return strip_wake(engine.finish().text, WAKE_WORDS)


def test_recordings_of_commands(at_home: Engine, shared_audio: Path) -> None:
    files = sorted((shared_audio / "commands" / "generated").glob("*.wav"))
    texts = {spoken(file.stem): heard(at_home, reading.read(file).pcm) for file in files}
    exact = [said for said, text in texts.items() if said == text]
    assert len(exact) >= 0.85 * len(texts), {said: text for said, text in texts.items() if said != text}


def test_recordings_of_other_speech_give_no_text(at_home: Engine, shared_audio: Path) -> None:
    files = sorted((shared_audio / "background-speech").glob("*.wav"))[::11]
    texts = {file.name: heard(at_home, reading.read(file).pcm) for file in files}
    assert {name: text for name, text in texts.items() if text} == {}


@pytest.mark.parametrize(
    "words", ["hey jarvis", "jarvis", "alexa", "do you think it will rain on our holiday", "call my mother"]
)
def test_the_wake_word_alone_and_other_speech_give_no_text(at_home: Engine, words: str) -> None:
    assert heard(at_home, hearing.spoken(words) + hearing.SILENCE) == ""


@pytest.mark.parametrize("cut_ms", [0, 400])
def test_the_end_of_the_wake_word_may_come_first(at_home: Engine, cut_ms: int) -> None:
    sound = hearing.spoken("hey jarvis, set the bed light to twenty percent", "en-us") + hearing.SILENCE
    text = heard(at_home, sound[cut_ms * pcm.BYTES_PER_MS :])
    assert text.removeprefix("please ") == "set the bed light to twenty percent"


def test_long_silence_before_the_words_does_not_count(at_home: Engine) -> None:
    sound = 40 * hearing.SILENCE + hearing.spoken("turn on the kitchen light", "en-us") + hearing.SILENCE
    assert heard(at_home, sound) == "turn on the kitchen light"


@pytest.mark.parametrize("loudness", [0.1, 1.0, 4.0])
def test_loudness_does_not_matter(at_home: Engine, loudness: float) -> None:
    sound = pcm.scale(hearing.spoken("turn on the kitchen light", "en-us"), 0.25 * loudness)
    assert heard(at_home, sound + hearing.SILENCE) == "turn on the kitchen light"


def test_without_rejection_the_nearest_sentence_is_taken() -> None:
    engine = Engine(Options(reject=False), {}, 1)
    engine.open()
    engine.set_grammar(SpeechGrammar(("turn on the kitchen light", "open the window")))
    assert heard(engine, hearing.spoken("do you think it will rain tomorrow") + hearing.SILENCE) != ""
    engine.close()


@pytest.mark.parametrize("name", ["küche", "wohnzimmer", "bücherregal", "roborock"])
def test_a_name_that_no_dictionary_has(engine: Engine, name: str) -> None:
    engine.set_grammar(SpeechGrammar((f"turn on the ({name}|garden|office)",)))
    assert engine.left_out == ()
    assert heard(engine, hearing.spoken(f"turn on the {name}", "en-us") + hearing.SILENCE) == (
        f"turn on the {name}"
    )


def test_words_of_the_library_are_no_words_of_a_grammar(engine: Engine) -> None:
    engine.set_grammar(
        SpeechGrammar(("turn on the (lamp|<thing>)",), {"thing": ("<sil>", "++noise++", "the(2)")})
    )
    assert set(engine.left_out) == {"<sil>", "++noise++", "the(2)"}


def test_dictation_without_a_grammar(engine: Engine) -> None:
    engine.set_grammar(None)
    text = heard(engine, hearing.spoken("good morning", "en-us") + hearing.SILENCE)
    assert text != ""


@pytest.mark.parametrize("strictness", [0.0, -1.0, 1_000.0])
def test_strictness_has_bounds(strictness: float) -> None:
    with pytest.raises(EngineError, match="strictness"):
        Engine(Options(strictness=strictness), {}, 1).open()
