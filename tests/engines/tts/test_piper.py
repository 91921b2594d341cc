from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from appliance.audio.pcm import rms
from appliance.engines import loading
from appliance.engines.contract import MissingEngine, Speech
from appliance.engines.tts import piper
from appliance.errors import EngineError
from tests.makers.onnx_voice import HOP, RATE_HZ, description, make_voice


def engine(file: Path | None, /, **options: object) -> piper.Engine:
    models = {} if file is None else {"voice": file}
    return piper.Engine(loading.options("tts", "piper", options), models, 1)


def sound(made: piper.Engine, text: str, speed: float = 1.0) -> bytes:
    return b"".join(piece.pcm for piece in made.speak(text, speed))


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    return make_voice(tmp_path / "hum.onnx")


def test_the_real_library_speaks_with_a_made_voice(voice: Path) -> None:
    made = engine(voice)
    assert made.open() == "Piper voice hum, 16000 Hz"
    pcm = sound(made, "Turning on the light.")
    assert rms(pcm) > 0.1
    assert len(pcm) % (2 * HOP) == 0, "a whole number of phonemes"


def test_speed_is_the_inverse_of_length_scale(voice: Path) -> None:
    made = engine(voice)
    made.open()
    usual = len(sound(made, "Good morning."))
    assert len(sound(made, "Good morning.", 2.0)) * 2 == usual
    assert len(sound(made, "Good morning.", 0.5)) == usual * 2


def test_the_voices_own_length_scale_is_kept(voice: Path) -> None:
    usual, slow = engine(voice), engine(voice)
    usual.open()
    table = description() | {"inference": {"length_scale": 2.0}}
    Path(f"{voice}.json").write_text(json.dumps(table))
    slow.open()
    assert len(sound(slow, "Good morning.")) == 2 * len(sound(usual, "Good morning."))


def test_brackets_are_not_phonemes(voice: Path) -> None:
    made = engine(voice)
    made.open()
    assert sound(made, "[[aaaa]]") == sound(made, "aaaa")


def test_a_long_text_comes_clause_by_clause(voice: Path) -> None:
    made = engine(voice)
    made.open()
    text = "and then another word follows it " * 20
    pieces: list[Speech] = list(made.speak(text, 1.0))
    short = [piece for piece in pieces if len(piece.pcm) < RATE_HZ]
    assert len(short) >= 4, "each clause ends in a piece that is not full"


def test_speakers(tmp_path: Path) -> None:
    voice = make_voice(tmp_path / "choir.onnx", speakers=3)
    made = []
    for name in ("", "speaker0", "2"):
        one = engine(voice, voice=name)
        one.open()
        made.append(sound(one, "good morning"))
    assert made[0] == made[1] != made[2]
    with pytest.raises(EngineError, match="no speaker 'nobody'") as caught:
        engine(voice, voice="nobody").open()
    assert "speaker1" in caught.value.hint


def test_volume(voice: Path) -> None:
    loud, quiet = engine(voice), engine(voice, volume=0.25)
    loud.open()
    quiet.open()
    assert math.isclose(rms(sound(quiet, "hello")) * 4, rms(sound(loud, "hello")), rel_tol=0.01)


def test_without_a_voice_it_waits(tmp_path: Path, voice: Path) -> None:
    with pytest.raises(MissingEngine, match="needs a voice"):
        engine(None).open()
    with pytest.raises(MissingEngine, match="is not there"):
        engine(tmp_path / "nothing.onnx").open()
    Path(f"{voice}.json").unlink()
    with pytest.raises(MissingEngine, match="description is missing"):
        engine(voice).open()


def cut_short(voice: Path) -> None:
    voice.write_bytes(voice.read_bytes()[:500])


def empty(voice: Path) -> None:
    voice.write_bytes(b"")


def no_onnx(voice: Path) -> None:
    voice.write_bytes(b"\x00\xff not a model" * 100)


def another_model(voice: Path) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "other", [value], [other])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(voice))


def broken_json(voice: Path) -> None:
    Path(f"{voice}.json").write_text("{")


def wrong_types(voice: Path) -> None:
    Path(f"{voice}.json").write_text(json.dumps(description() | {"phoneme_id_map": {"a": "b"}}))


def no_rate(voice: Path) -> None:
    Path(f"{voice}.json").write_text(json.dumps(description() | {"audio": {"sample_rate": 10**9}}))


def needs_a_download(voice: Path) -> None:
    Path(f"{voice}.json").write_text(json.dumps(description() | {"phoneme_type": "pinyin"}))


def unknown_language(voice: Path) -> None:
    Path(f"{voice}.json").write_text(json.dumps(description() | {"espeak": {"voice": "klingonese"}}))


def ids_out_of_range(voice: Path) -> None:
    Path(f"{voice}.json").write_text(json.dumps(description() | {"inference": {"length_scale": "fast"}}))


def huge_description(voice: Path) -> None:
    with Path(f"{voice}.json").open("ab") as file:
        file.truncate(piper.MAX_DESCRIPTION_BYTES + 1)


@pytest.mark.parametrize(
    "spoil",
    [
        cut_short, empty, no_onnx, another_model, broken_json, wrong_types, no_rate, needs_a_download,
        unknown_language, ids_out_of_range, huge_description,
    ],
)  # fmt: skip
def test_a_broken_voice_is_one_clear_sentence(voice: Path, spoil: Callable[[Path], None]) -> None:
    spoil(voice)
    with pytest.raises(EngineError, match=str(voice)) as caught:
        engine(voice).open()
    assert not isinstance(caught.value, MissingEngine)
    assert caught.value.hint
    assert len(caught.value.message) < 600


def test_numbers_that_are_none_become_silence(tmp_path: Path) -> None:
    voice = make_voice(tmp_path / "nan.onnx", amplitude=math.nan)
    made = engine(voice)
    made.open()
    assert rms(sound(made, "hello")) == 0.0


def test_to_pcm_takes_any_shape_and_clips() -> None:
    audio = np.array([[0.0, 1.0], [-1.0, 5.0]], np.float32)
    assert np.frombuffer(piper.to_pcm(audio), "<i2").tolist() == [0, 32_767, -32_767, 32_767]
    assert piper.to_pcm(np.array(0.5, np.float32)) == b"\xff\x3f"


def test_threads_do_not_spin(voice: Path) -> None:
    table = piper.read_description(Path(f"{voice}.json"))[1]
    session = piper.load_voice(voice, table, 1).session
    settings = session.get_session_options()
    assert settings.intra_op_num_threads == 1
    assert settings.get_session_config_entry("session.intra_op.allow_spinning") == "0"
