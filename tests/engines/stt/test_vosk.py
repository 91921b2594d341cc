from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from appliance.engines.contract import MissingEngine
from appliance.engines.stt.vosk import Engine, Options, check_model
from appliance.errors import EngineError
from appliance.wire.messages import SpeechGrammar
from tests import hearing

GRAMMAR = SpeechGrammar(("turn (on|off) the kitchen light", "the kitchen light off"))


@pytest.fixture
def model(shared_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared_models / "tiny-vosk", tmp_path / "model"))


def heard(engine: Engine, text: str) -> str:
    engine.start()
    list(engine.feed(hearing.spoken(text) + hearing.SILENCE))
    return engine.finish().text


def test_without_a_model_it_waits_for_one() -> None:
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
    # Without the narrowable graph a whole one is looked for.
    assert Path(name).name in error.value.message
    assert error.value.hint


def test_a_graph_of_something_else_never_reaches_the_library(model: Path) -> None:
    (model / "graph/HCLr.fst").write_bytes(b"not an FST" * 100)
    with pytest.raises(EngineError, match=r"no graph of OpenFst"):
        Engine(Options(), {"model": model}, 1).open()


def test_what_the_library_itself_refuses(model: Path) -> None:
    whole = (model / "am/final.mdl").read_bytes()
    (model / "am/final.mdl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EngineError, match="vosk cannot load this model"):
        Engine(Options(), {"model": model}, 1).open()


def test_a_model_with_a_whole_graph_cannot_be_narrowed(model: Path) -> None:
    assert check_model(model)
    shutil.copy(model / "graph/HCLr.fst", model / "graph/HCLG.fst")
    assert not check_model(model)


def test_the_older_layout_of_a_model(model: Path) -> None:
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/words.txt", "graph/Gr.fst", "graph/HCLr.fst",
                 "graph/disambig_tid.int"):  # fmt: skip
        (model / name).rename(model / Path(name).name)
    assert check_model(model)
    (model / "words.txt").unlink()
    with pytest.raises(EngineError, match=r"words\.txt"):
        check_model(model)


def test_a_broken_speaker_model_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingEngine, match="nowhere"):
        Engine(Options(), {"model": model, "speaker": tmp_path / "nowhere"}, 1).open()
    (tmp_path / "speaker").mkdir()
    with pytest.raises(EngineError, match=r"final\.ext\.raw"):
        Engine(Options(), {"model": model, "speaker": tmp_path / "speaker"}, 1).open()


def test_what_the_bigram_would_take_but_no_sentence_says(model: Path) -> None:
    """The library hears "turn on the kitchen light off": every pair of its words is in the grammar."""
    engine = Engine(Options(), {"model": model}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    assert heard(engine, "turn on the kitchen light") == "turn on the kitchen light"
    assert heard(engine, "turn on the kitchen light off") == ""
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


def test_doubtful_words_give_no_text(model: Path) -> None:
    engine = Engine(Options(min_confidence=1.0), {"model": model}, 1)
    engine.open()
    engine.set_grammar(GRAMMAR)
    engine.start()
    list(engine.feed(hearing.spoken("turn on the kitchen light") + hearing.SILENCE))
    result = engine.finish()
    assert result.text == ""
    assert 0.5 < result.confidence < 1.0
    engine.close()
