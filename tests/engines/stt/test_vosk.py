from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audio import pcm, reading
from appliance.engines.contract import MissingEngine
from appliance.engines.stt.vosk import Engine, Options, models
from appliance.engines.stt.vosk.models import Models
from appliance.errors import EngineError, UnderstandingError
from appliance.wire.messages import SpeechGrammar
from tests import hearing
from tests.ears import graphs

GRAMMAR = SpeechGrammar(("turn (on|off) the kitchen light", "the kitchen light off"))
COMMANDS = SpeechGrammar(
    (
        "turn (on|off) the (lights|tv|fan) [in here]",
        "(open|close|lock|unlock) the (front|sliding) door",
        "create a timer for (two|five|ten) minutes",
        "skip this song",
    )
)


@pytest.fixture
def model(shared_models: Path, tmp_path: Path) -> Path:
    """It brings a graph over its words."""
    return graphs.copied_model(shared_models, tmp_path / "model")


@pytest.fixture
def bare(shared_models: Path, tmp_path: Path) -> Path:
    """It has only phones."""
    return graphs.bare_model(shared_models, tmp_path / "bare")


@pytest.fixture(params=["model", "bare"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    each = Engine(Options(), {"model": request.getfixturevalue(request.param)}, 1)
    each.open()
    each.set_grammar(GRAMMAR)
    yield each
    each.close()


def heard(engine: Engine, text: str) -> str:
    return heard_sound(engine, hearing.spoken(text, "en-us") + hearing.SILENCE)


def heard_sound(engine: Engine, sound: bytes) -> str:
    engine.start()
    for block in pcm.blocks(sound):
        list(engine.feed(block))
    return engine.finish().text


def test_without_a_model_it_waits_for_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(models, "PACKAGED", tmp_path / "none")
    with pytest.raises(MissingEngine, match=r"vosk needs a model") as error:
        Engine(Options(), {}, 1).open()
    assert "stt.model" in error.value.hint


@pytest.mark.parametrize(
    "name",
    ["am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst", "graph/words.txt",
     "graph/disambig_tid.int"],
)  # fmt: skip
@pytest.mark.parametrize("content", [None, b""])
def test_a_part_that_is_missing_or_empty_is_named(model: Path, name: str, content: bytes | None) -> None:
    (model / name).unlink()
    if content is not None:
        (model / name).write_bytes(content)
    with pytest.raises(EngineError) as error:
        Engine(Options(), {"model": model}, 1).open()
    assert Path(name).name in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("kind", ["model", "bare"])
def test_what_the_library_itself_refuses(kind: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(kind)
    whole = (folder / "am/final.mdl").read_bytes()
    (folder / "am/final.mdl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EngineError, match="vosk cannot load this model"):
        Engine(Options(), {"model": folder}, 1).open()


def test_a_broken_speaker_model_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingEngine, match="nowhere"):
        Engine(Options(), {"model": model, "speaker": tmp_path / "nowhere"}, 1).open()
    (tmp_path / "speaker").mkdir()
    with pytest.raises(EngineError, match=r"final\.ext\.raw"):
        Engine(Options(), {"model": model, "speaker": tmp_path / "speaker"}, 1).open()


@pytest.mark.parametrize("strictness", [0.0, -1.0, 1_000.0])
def test_strictness_has_bounds(strictness: float, bare: Path) -> None:
    with pytest.raises(EngineError, match="strictness"):
        Engine(Options(strictness=strictness), {"model": bare}, 1).open()


@pytest.mark.parametrize(
    "text", ["turn on the kitchen light", "turn off the kitchen light", "the kitchen light off"]
)
def test_sentences_of_the_home_are_heard(engine: Engine, text: str) -> None:
    assert heard(engine, text) == text


def test_no_sentence_has_the_pairs_of_words_of_others(engine: Engine) -> None:
    """The library's own grammars are bigrams: they would take this."""
    assert heard(engine, "turn on the kitchen light off") != "turn on the kitchen light off"


def test_words_have_times_and_confidences(engine: Engine) -> None:
    assert heard(engine, "turn on the kitchen light") != ""
    assert [word.word for word in engine.words] == ["turn", "on", "the", "kitchen", "light"]
    ends = [time for word in engine.words for time in (word.start_ms, word.end_ms)]
    assert ends == sorted(ends)
    assert 300 < ends[-1] - ends[0] < 3_000
    assert all(0.5 < word.confidence <= 1.0 for word in engine.words)


def test_another_one_hears_beside_it(engine: Engine) -> None:
    other = engine.another()
    other.set_grammar(GRAMMAR)
    engine.start()
    other.start()
    sounds = [
        hearing.spoken(f"turn {way} the kitchen light", "en-us") + hearing.SILENCE for way in ("on", "off")
    ]
    for one, two in zip(pcm.blocks(sounds[0]), pcm.blocks(sounds[1]), strict=False):
        list(engine.feed(one))
        list(other.feed(two))
    assert engine.finish().text == "turn on the kitchen light"
    assert other.finish().text == "turn off the kitchen light"
    other.close()
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"


def test_a_pause_within_a_sentence_does_not_end_it(engine: Engine) -> None:
    parts = [hearing.spoken(text, "en-us") for text in ("turn on", "the kitchen light")]
    assert heard_sound(engine, parts[0] + bytes(38_400) + parts[1] + hearing.SILENCE) == (
        "turn on the kitchen light"
    )


def test_the_graph_lies_nowhere_afterwards(bare: Path) -> None:
    place = Path(tempfile.gettempdir())
    before = set(place.glob("graph-*"))
    engine = Engine(Options(), {"model": bare}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    new = set(place.glob("graph-*")) - before
    assert [each for each in new if (each / "am/final.mdl").resolve().is_relative_to(bare)] == []
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"
    engine.close()


@pytest.mark.parametrize("name", ["roborock", "wohnzimmer", "küche"])
def test_a_name_that_no_dictionary_has(bare: Path, name: str) -> None:
    engine = Engine(Options(), {"model": bare}, 1)
    engine.open()
    engine.set_grammar(SpeechGrammar((f"turn on the ({name}|garden|office)",)))
    assert engine.left_out == ()
    assert heard(engine, f"turn on the {name}") == f"turn on the {name}"
    engine.close()


def test_words_that_the_model_does_not_know_are_left_out(model: Path) -> None:
    engine = Engine(Options(), {"model": model}, 1)
    engine.open()
    engine.set_grammar(SpeechGrammar(("turn on the (kitchen light|wohnzimmer)",)))
    assert engine.left_out == ("wohnzimmer",)
    engine.close()


def test_dictation_without_a_grammar(model: Path) -> None:
    engine = Engine(Options(), {"model": model}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    assert heard(engine, "what time is it") == ""
    engine.set_grammar(None)
    assert heard(engine, "what time is it") == "what time is it"
    engine.close()


def test_a_model_of_phones_takes_no_dictation(bare: Path) -> None:
    engine = Engine(Options(), {"model": bare}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    with pytest.raises(UnderstandingError, match="only the home's sentences") as error:
        engine.set_grammar(None)
    assert "stt.grammar" in error.value.hint
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"
    engine.close()


def test_dictation_beside_the_homes_sentences(model: Path) -> None:
    engine = Engine(Options(dictation=True), {"model": model}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    assert heard(engine, "turn off the kitchen light") == "turn off the kitchen light"
    assert heard(engine, "what time is it") == "what time is it"
    assert [word.word for word in engine.words] == ["what", "time", "is", "it"]
    engine.close()


def test_doubtful_words_give_no_text_but_what_it_was_like(model: Path) -> None:
    engine = Engine(Options(min_confidence=1.01), {"model": model}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    engine.start()
    list(engine.feed(hearing.spoken("turn on the kitchen light", "en-us") + hearing.SILENCE))
    result = engine.finish()
    assert (result.text, engine.words) == ("", ())
    assert engine.nearly == "turn on the kitchen light"
    assert result.confidence > 0.5
    engine.close()


def test_recordings_of_commands(bare: Path, shared_audio: Path) -> None:
    engine = Engine(Options(), {"model": bare}, 1)
    engine.open()
    engine.set_grammar(COMMANDS)
    names = ("turn on the lights", "turn on the TV", "open the Sliding Door", "unlock the Front Door",
             "create a timer for 5 minutes")  # fmt: skip
    folder = shared_audio / "commands" / "generated"
    said = {
        name: heard_sound(engine, reading.read(folder / f"{name}.wav").pcm + hearing.SILENCE)
        for name in names
    }
    right = [name for name, text in said.items() if text == name.lower().replace("5", "five")]
    assert len(right) >= 4, said


def test_recordings_of_other_speech_give_no_text(bare: Path, shared_audio: Path) -> None:
    engine = Engine(Options(), {"model": bare}, 1)
    engine.open()
    engine.set_grammar(COMMANDS)
    files = sorted((shared_audio / "background-speech").glob("*.wav"))[::11]
    texts = {file.name: heard_sound(engine, reading.read(file).pcm) for file in files}
    assert {name: text for name, text in texts.items() if text} == {}


def test_a_grammar_that_does_not_compile_leaves_the_one_before(engine: Engine) -> None:
    with pytest.raises(UnderstandingError):
        engine.set_grammar(SpeechGrammar(("turn (on",)))
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"


def test_a_graph_can_be_made_while_one_looks_up(bare: Path) -> None:
    engine = Engine(Options(), {"model": bare}, 1)
    engine.open()
    names = tuple(f"qx{at:x}zk lamp" for at in range(400))
    grammar = SpeechGrammar(("turn on the (kitchen light|<name>)",), {"name": names})
    assert len(list(engine.prepare(grammar))) > 1
    engine.set_grammar(grammar)
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"
    with pytest.raises(UnderstandingError):
        list(engine.prepare(SpeechGrammar(("turn (on",))))
    abandoned = engine.prepare(GRAMMAR)
    next(abandoned)
    del abandoned
    engine.set_grammar(GRAMMAR)
    assert heard(engine, "the kitchen light off") == "the kitchen light off"
    engine.close()


def test_where_no_graph_can_be_put_the_librarys_own_grammar_is_taken(model: Path, tmp_path: Path) -> None:
    models = Models(Options(), {"model": model}, tmp_path / "nowhere")
    home = models.home(GRAMMAR)
    assert home.model is models.dictation
    assert set(home.bigram) >= {"the kitchen light off"}
    engine = Engine(Options(), {"model": model}, 1)
    engine.use(models)
    engine.set_grammar(GRAMMAR)
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"
    assert heard(engine, "turn on the kitchen light off") == ""


def test_a_model_of_phones_wants_a_place_for_its_graph(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be written") as error:
        Models(Options(), {"model": bare}, tmp_path / "nowhere")
    assert "bubblewrap" in error.value.hint
