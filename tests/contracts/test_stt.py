"""What every recogniser does, whatever is inside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audio import pcm
from appliance.engines import loading
from appliance.engines.contract import MissingEngine, SttEngine, Text
from appliance.errors import EngineError, UnderstandingError
from appliance.wire.messages import SpeechGrammar
from tests import hearing

ENGINES = loading.names("stt")
GRAMMAR = SpeechGrammar(
    ("turn (on|off) the <light>", "what time is it", "open the window"),
    {"light": ("kitchen light", "bedroom light")},
)
SENTENCES = ("turn on the kitchen light", "turn off the bedroom light", "what time is it")
NOISE = bytes((seed * seed * 31 + seed * 7) % 251 for seed in range(32_000))


@pytest.fixture(params=ENGINES, scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[SttEngine]:
    models: dict[str, str] = {}
    if request.param == "vosk":
        models["model"] = str(request.getfixturevalue("shared_models") / "tiny-vosk")
    each: SttEngine = loading.create("stt", request.param, {}, models, 1)
    assert each.open()
    each.set_grammar(GRAMMAR)
    yield each
    each.close()
    each.close()


def spoken(sentence: str) -> bytes:
    """In the accent that the packaged model knows best."""
    return hearing.spoken(sentence, "en-us")


def said(engine: SttEngine, sound: bytes, size_bytes: int = pcm.BLOCK_BYTES) -> tuple[Text, list[str]]:
    engine.start()
    partials = [text for block in pcm.blocks(sound, size_bytes) for text in engine.feed(block)]
    return engine.finish(), partials


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_the_grammar_is_heard(engine: SttEngine, sentence: str) -> None:
    text, partials = said(engine, spoken(sentence) + hearing.SILENCE)
    assert text.text == sentence
    assert 0.0 < text.confidence <= 1.0
    assert partials
    assert partials == [each for at, each in enumerate(partials) if at == 0 or each != partials[at - 1]]
    words = "what time is it turn on off the kitchen bedroom light open window"
    assert {word for each in partials for word in each.split()} <= {*words.split(" ")}


@pytest.mark.parametrize(
    "sound",
    [b"", b"\x01", bytes(2), hearing.SILENCE, NOISE, b"\xff\x7f" * 16_000],
    ids=["nothing", "half a sample", "a sample", "silence", "noise", "full scale"],
)
def test_what_is_no_speech_is_no_text(engine: SttEngine, sound: bytes) -> None:
    assert said(engine, sound)[0].text == ""


@pytest.mark.parametrize("sentence", ["i would like a large coffee with milk", "my brother plays the guitar"])
def test_other_speech_is_no_text(engine: SttEngine, sentence: str) -> None:
    assert said(engine, spoken(sentence) + hearing.SILENCE)[0].text == ""


def test_the_same_sound_gives_the_same_text_whatever_came_before(engine: SttEngine) -> None:
    sound = spoken(SENTENCES[0]) + hearing.SILENCE
    first = said(engine, sound)[0]
    said(engine, bytes(value // 2 for value in NOISE))
    engine.start()
    list(engine.feed(spoken(SENTENCES[2])))  # dropped by the next start
    again = said(engine, sound)[0]
    assert again.text == first.text == SENTENCES[0]
    # Both libraries follow the noise of the room over utterances.
    assert again.confidence == pytest.approx(first.confidence, abs=0.05)


@pytest.mark.parametrize("size_bytes", [333, 3_200, 64_000])
def test_blocks_may_have_any_size(engine: SttEngine, size_bytes: int) -> None:
    sound = spoken(SENTENCES[0]) + hearing.SILENCE
    assert said(engine, sound, size_bytes // 2 * 2)[0].text == SENTENCES[0]


def test_finishing_without_a_start_is_no_text(engine: SttEngine) -> None:
    engine.start()
    engine.finish()
    assert engine.finish().text == ""


def test_a_grammar_can_be_changed_between_utterances(engine: SttEngine) -> None:
    sound = spoken(SENTENCES[2]) + hearing.SILENCE
    engine.set_grammar(SpeechGrammar(("open the window", "turn on the kitchen light")))
    assert said(engine, sound)[0].text == ""
    engine.set_grammar(GRAMMAR)
    assert said(engine, sound)[0].text == SENTENCES[2]


def test_a_grammar_of_nothing_hears_nothing(engine: SttEngine) -> None:
    for grammar in (SpeechGrammar(), SpeechGrammar(("кухня",))):
        engine.set_grammar(grammar)
        assert said(engine, spoken(SENTENCES[0]) + hearing.SILENCE)[0].text == ""
    engine.set_grammar(GRAMMAR)


def test_a_broken_grammar_leaves_the_old_one(engine: SttEngine) -> None:
    with pytest.raises(UnderstandingError):
        engine.set_grammar(SpeechGrammar(("turn (on",)))
    assert said(engine, spoken(SENTENCES[2]) + hearing.SILENCE)[0].text == SENTENCES[2]


def test_words_that_cannot_be_heard_are_told(engine: SttEngine) -> None:
    engine.set_grammar(SpeechGrammar(("turn on the (kitchen light|кухня)",)))
    assert engine.left_out == ("кухня",)  # type: ignore[attr-defined]
    assert said(engine, spoken(SENTENCES[0]) + hearing.SILENCE)[0].text == SENTENCES[0]
    engine.set_grammar(GRAMMAR)


def test_what_is_said_after_the_longest_utterance_is_not_listened_to(engine: SttEngine) -> None:
    sound = hearing.spoken("i would like a large coffee with milk")
    engine.start()
    for _ in range(round(31_000 / pcm.milliseconds(sound)) + 1):
        list(engine.feed(sound))
    assert list(engine.feed(spoken(SENTENCES[0]) * 3)) == []
    assert engine.finish().text == ""


@pytest.mark.parametrize("name", ENGINES)
def test_a_folder_that_is_no_model(name: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as error:
        loading.create("stt", name, {}, {"model": str(tmp_path)}, 1).open()
    assert str(tmp_path) in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("name", ENGINES)
def test_a_model_that_has_not_arrived_is_waited_for(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingEngine) as error:
        loading.create("stt", name, {}, {"model": str(tmp_path / "nowhere")}, 1).open()
    assert "nowhere" in error.value.message


@pytest.mark.parametrize("name", ENGINES)
def test_unknown_options_are_refused(name: str) -> None:
    with pytest.raises(EngineError, match=r"stt\.options"):
        loading.options("stt", name, {"strictnes": 1.0})
