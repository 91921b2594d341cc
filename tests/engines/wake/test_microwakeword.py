from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from appliance.engines.contract import MissingEngine
from appliance.engines.wake.microwakeword import Engine, Options
from appliance.errors import EngineError
from tests import hearing


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of one word's description and weights."""
    description = Path(hearing.microwakeword_models("alexa")["alexa"])
    shutil.copy(description, tmp_path)
    shutil.copy(description.with_suffix(".tflite"), tmp_path)
    return tmp_path / description.name


def opened(description: Path) -> Engine:
    engine = Engine(Options(), {"alexa": description}, 1)
    engine.open()
    return engine


def test_a_copy_works(model: Path) -> None:
    engine = opened(model)
    assert [each.word for each in engine.feed(hearing.spoken("alexa") + hearing.SILENCE, 0)] == ["alexa"]
    engine.close()


@pytest.mark.parametrize("kept_bytes", [0, 4, 1_000, 30_000])
def test_weights_cut_short_do_not_crash_the_process(model: Path, kept_bytes: int) -> None:
    weights = model.with_suffix(".tflite")
    weights.write_bytes(weights.read_bytes()[:kept_bytes])
    with pytest.raises(EngineError, match="damaged"):
        opened(model)


def test_weights_that_are_gone_are_waited_for(model: Path) -> None:
    model.with_suffix(".tflite").unlink()
    with pytest.raises(MissingEngine, match=r"alexa\.tflite is missing"):
        opened(model)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"wake_word": "x"}',
        b'{"wake_word": "x", "model": "a", "micro": {"probability_cutoff": 7, "sliding_window_size": 5}}',
        b'{"wake_word": "x", "model": "a", "micro": {"probability_cutoff": 0.5, "sliding_window_size": 0}}',
    ],
)
def test_a_broken_description_is_a_clear_error(model: Path, content: bytes) -> None:
    model.write_bytes(content)
    with pytest.raises(EngineError, match="does not describe"):
        opened(model)


def test_a_huge_description_is_not_read(model: Path) -> None:
    model.write_bytes(b" " * 70_000 + model.read_bytes())
    with pytest.raises(EngineError, match="too large"):
        opened(model)


def test_the_weights_named_instead_of_the_description(model: Path) -> None:
    with pytest.raises(EngineError) as error:
        opened(model.with_suffix(".tflite"))
    assert ".json" in error.value.hint


def test_the_threshold_is_the_descriptions_own(model: Path) -> None:
    description = json.loads(model.read_bytes())
    description["micro"]["probability_cutoff"] = 1.0
    model.write_text(json.dumps(description))
    engine = opened(model)
    assert list(engine.feed(hearing.spoken("alexa") + hearing.SILENCE, 0)) == []
    engine.close()
