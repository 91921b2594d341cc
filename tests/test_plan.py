"""From a configuration to stages, and what is said about those that cannot run yet."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance import plan as planning
from appliance.budget import placement
from appliance.config.model import Audio, Config, Llm, Mqtt, Paths, Stt, Tts, Understanding, Vad, Wake
from appliance.errors import ModelError
from appliance.plan import BUILD_STATUS_VARIABLE, Plan
from appliance.supervision.spec import StageSpec

BUILT = find_spec("llama_cpp") is not None
needs_llama = pytest.mark.skipif(
    not BUILT, reason="the language model's library is not built: tools/build-llm"
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """No card, no models but those inside packages."""
    monkeypatch.delenv("APPLIANCE_MODEL_CACHE", raising=False)
    return Config(
        paths=Paths(data=str(tmp_path / "data"), models=str(tmp_path / "image")),
        audio=Audio(device="none"),
        wake=Wake(engine="microwakeword"),
    )


def having(config: Config, **sections: Any) -> Config:
    return msgspec.structs.replace(config, **sections)


def stage(plan: Plan, name: str) -> StageSpec:
    return next(spec for spec in plan.specs if spec.name == name)


def test_every_stage_of_a_voice_is_there_in_order(config: Config) -> None:
    plan = planning.make(config)
    assert [spec.name for spec in plan.specs] == ["sound", "wake", "vad", "stt", "intent", "tts"]
    assert set(plan.absent) == {"llm"}
    assert plan.notes == ()
    for spec in plan.specs:
        limits = getattr(config.limits, spec.name)
        assert spec.limits == limits
        assert spec.configure.threads == limits.threads


@pytest.mark.parametrize("profile", ["p1", "p2", "p3", "p4"])
def test_the_table_of_placement_says_what_starts_here(
    config: Config, profile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = having(config, profile=profile)
    before = planning.make(config)
    assert {spec.name for spec in before.specs} | set(before.absent) == set(planning.STAGES)
    monkeypatch.setitem(placement.MATRIX, "tts", ("own machine",) * 4)
    without = planning.make(having(config, tts=Tts(engine="piper", model="/none/voice.onnx")))
    assert [spec.name for spec in without.specs] == ["sound", "wake", "vad", "stt", "intent"]
    assert without.absent["tts"].message == f"profile {profile} has it elsewhere: own machine"


def test_a_broker_that_belongs_elsewhere_is_told(config: Config) -> None:
    (note,) = planning.make(having(config, profile="p4")).notes
    assert "set mqtt.host" in note
    assert planning.make(having(config, profile="p4", mqtt=Mqtt(host="broker.lan"))).notes == ()


def test_without_a_card_sound_is_virtual(config: Config) -> None:
    sound = stage(planning.make(config), "sound")
    assert sound.configure.engine == "virtual"
    assert sound.configure.options == {"volume": 0.8, "noise_suppression": 0, "auto_gain_dbfs": 0}
    assert not sound.sound_devices


def test_with_a_card_each_direction_has_its_device(config: Config) -> None:
    audio = Audio(device="USB", output_device="HDMI", volume=0.3)
    sound = stage(planning.make(having(config, audio=audio)), "sound")
    assert sound.configure.engine == "portaudio"
    assert sound.configure.options == {
        "input_device": "USB", "output_device": "HDMI", "volume": 0.3, "noise_suppression": 0,
        "auto_gain_dbfs": 0, "echo_cancellation": True, "echo_canceller": "speex",
    }  # fmt: skip
    assert set(sound.live) <= set(sound.configure.options)
    assert sound.sound_devices


def test_only_sound_sees_sound_devices(config: Config) -> None:
    plan = planning.make(having(config, audio=Audio()))
    assert [spec.name for spec in plan.specs if spec.sound_devices] == ["sound"]


def test_options_of_the_configuration_reach_the_engines(config: Config) -> None:
    plan = planning.make(
        having(
            config,
            language="de",
            wake=Wake(engine="microwakeword", words=("alexa",), threshold=0.7, refractory_seconds=3.0),
            vad=Vad(options={"some": 1}),
            stt=Stt(options={"other": "x"}),
            tts=Tts(voice="de+f3", options={"volume": 50}),
        )
    )
    assert stage(plan, "wake").configure.options == {"threshold": 0.7, "refractory_seconds": 3.0}
    assert stage(plan, "vad").configure.options == {"some": 1}
    assert stage(plan, "stt").configure.options == {"wake_words": ["alexa"], "other": "x"}
    assert stage(plan, "intent").configure.options == {
        "language": "de", "wake_words": ["alexa"], "follow_up_seconds": 60.0,
    }  # fmt: skip
    assert stage(plan, "tts").configure.options == {"language": "de", "voice": "de+f3", "volume": 50}


def test_an_engines_own_options_win(config: Config) -> None:
    wake = Wake(engine="microwakeword", threshold=0.7, options={"threshold": 0.9})
    assert stage(planning.make(having(config, wake=wake)), "wake").configure.options["threshold"] == 0.9


def test_without_a_threshold_the_engine_chooses(config: Config) -> None:
    assert "threshold" not in stage(planning.make(config), "wake").configure.options


# --- wake words ------------------------------------------------------------------------------------------


def test_missing_wake_models_are_stood_in_for_and_that_is_said(config: Config) -> None:
    wake = Wake(threshold=0.7, refractory_seconds=4.0, options={"some": 1})
    plan = planning.make(having(config, wake=wake))
    spec = stage(plan, "wake")
    assert spec.configure.engine == "microwakeword"
    assert set(spec.configure.models) == {"hey_jarvis", "alexa"}
    assert spec.configure.options == {"refractory_seconds": 4.0}, "the rest is the other engine's"
    (note,) = plan.notes
    assert "not here yet" in note
    assert "microwakeword" in note
    assert "appliance models fetch" in note


def test_with_the_wake_models_nobody_stands_in(config: Config, wake_models: Path) -> None:
    data = Path(config.paths.data)
    data.mkdir()
    (data / "models").symlink_to(wake_models)
    plan = planning.make(having(config, wake=Wake()))
    assert stage(plan, "wake").configure.engine == "openwakeword"
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("settings", "noted"),
    [({}, ""), ({"language": "gl"}, ""), ({"language": "de"}, "our own model of English listens")],
)
def test_our_own_recogniser_stands_in_until_another_is_there(
    config: Config, settings: dict[str, str], noted: str
) -> None:
    made = planning.make(having(config, **settings))
    spec = stage(made, "stt")
    assert (spec.configure.engine, spec.configure.models) == ("vosk", {})
    assert spec.scratch.startswith(config.paths.data)
    told = [note for note in made.notes if "listens" in note and "English" in note]
    assert [noted in note for note in told] == ([True] if noted else [])


def test_a_recognisers_model_that_was_chosen_is_waited_for(config: Config) -> None:
    chosen = having(config, stt=Stt(model="vosk-model-small-en-us-0.15"))
    with pytest.raises(ModelError, match="vosk-model-small-en-us"):
        planning.make(chosen)


def test_a_word_that_nobody_knows_is_an_error(config: Config) -> None:
    with pytest.raises(ModelError, match="xyzzy"):
        planning.make(having(config, wake=Wake(words=("xyzzy",))))


def test_a_word_that_only_the_missing_engine_knows_is_its_error(config: Config) -> None:
    with pytest.raises(ModelError, match="not here yet") as missing:
        planning.make(having(config, wake=Wake(words=("weather",))))
    assert "appliance models fetch" in missing.value.hint


def test_ones_own_wake_word_is_not_given_to_another_engine(config: Config, tmp_path: Path) -> None:
    own = tmp_path / "computer.onnx"
    own.write_bytes(b"x")
    with pytest.raises(ModelError, match="not here yet"):
        planning.make(having(config, wake=Wake(words=(str(own),))))


# --- what a stage may see --------------------------------------------------------------------------------


def test_a_stage_sees_its_models_and_no_others(config: Config) -> None:
    plan = planning.make(config)
    wake = stage(plan, "wake")
    assert wake.read_only
    assert set(wake.configure.models.values()) <= set(wake.read_only)
    assert stage(plan, "sound").read_only == ()
    assert stage(plan, "intent").read_only == ()


@pytest.mark.parametrize(
    ("model", "beside", "seen"),
    [
        ("voice.onnx", "voice.onnx.json", True),
        ("word.json", "word.tflite", True),
        ("voice.onnx", "voice.json", False),
        ("voice.onnx", "secret.key", False),
    ],
)
def test_the_other_half_of_a_model_is_shown_with_it(
    config: Config, tmp_path: Path, model: str, beside: str, seen: bool
) -> None:
    for name in (model, beside):
        (tmp_path / name).write_bytes(b"x")
    tts = Tts(engine="piper", model=str(tmp_path / model))
    spec = stage(planning.make(having(config, tts=tts)), "tts")
    assert spec.configure.models == {"voice": str(tmp_path / model)}
    assert spec.read_only == tuple(str(tmp_path / name) for name in ((model, beside) if seen else (model,)))


def test_a_model_without_its_other_half_is_shown_alone(config: Config, tmp_path: Path) -> None:
    (tmp_path / "voice.onnx").write_bytes(b"x")
    (tmp_path / "voice.onnx.json").mkdir()
    tts = Tts(engine="piper", model=str(tmp_path / "voice.onnx"))
    assert stage(planning.make(having(config, tts=tts)), "tts").read_only == (str(tmp_path / "voice.onnx"),)


def test_a_model_that_is_all_of_the_disk_is_not_a_crash(config: Config) -> None:
    spec = stage(planning.make(having(config, stt=Stt(engine="vosk", model="/"))), "stt")
    assert spec.read_only == ("/",)


def test_a_missing_model_is_an_error_with_its_remedy(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx") as missing:
        planning.make(having(config, tts=Tts(engine="piper", model=str(tmp_path / "none.onnx"))))
    assert missing.value.hint


# --- the language model ----------------------------------------------------------------------------------


@needs_llama
def test_without_a_chosen_model_it_says_how_to_choose(config: Config) -> None:
    absent = planning.make(config).absent["llm"]
    assert absent.message == "no language model is chosen"
    assert "llm.model" in absent.hint


@needs_llama
def test_a_chosen_model_that_is_not_there_is_waited_for(config: Config, tmp_path: Path) -> None:
    plan = planning.make(having(config, llm=Llm(model=str(tmp_path / "none.gguf"))))
    assert "llm" not in [spec.name for spec in plan.specs]
    assert "none.gguf" in plan.absent["llm"].message
    assert plan.absent["llm"].hint


@needs_llama
def test_a_chosen_model_starts_the_stage(config: Config, tmp_path: Path) -> None:
    model = tmp_path / "small.gguf"
    model.write_bytes(b"GGUF")
    plan = planning.make(having(config, llm=Llm(model=str(model), options={"context": 512})))
    assert plan.absent == {}
    assert plan.specs[-1].name == "llm"
    assert plan.specs[-1].configure.models == {"model": str(model)}
    assert plan.specs[-1].configure.options == {"context": 512}
    assert plan.specs[-1].read_only == (str(model),)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (b'{"state": "compiling", "percent": 41}', " (compiling 41 %)"),
        (b'{"state": "waiting"}', " (waiting)"),
        (b'{"state": "waiting", "percent": "much"}', " (waiting)"),
        (b'{"state": "\\u001b[2Jx", "percent": null}', " ([2Jx)"),
        (b'{"state": "' + b"x" * 5_000 + b'"}', f" ({'x' * 19}…)"),
        (b"", ""),
        (b"not json", ""),
        (b"[]", ""),
        (b'{"state": "\xff"}', ""),
        (b"[" * 60_000, ""),
        (b'{"a":' * 10_000, ""),
        (b'{"state": "' + b"x" * 100_000 + b'"}', ""),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_what_the_build_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: bytes, said: str
) -> None:
    file = tmp_path / "status.json"
    file.write_bytes(status)
    monkeypatch.setenv(BUILD_STATUS_VARIABLE, str(file))
    assert planning._build_progress() == said


@pytest.mark.parametrize("path", ["", "/nonexistent/status.json", "/"])
def test_no_report_of_the_build(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv(BUILD_STATUS_VARIABLE, path)
    assert planning._build_progress() == ""


@pytest.mark.parametrize(
    ("engine", "threshold", "sensitivity", "expected"),
    [
        ("microwakeword", 0.0, "normal", None),
        ("microwakeword", 0.0, "high", 0.74),
        ("microwakeword", 0.0, "low", 0.985),
        ("microwakeword", 0.5, "high", 0.333),
        ("microwakeword", 0.5, "low", 0.667),
        ("microwakeword", 0.5, "normal", 0.5),
    ],
)
def test_sensitivity_moves_the_threshold(
    config: Config, engine: str, threshold: float, sensitivity: str, expected: float | None
) -> None:
    wake = Wake(engine=engine, words=("alexa",), threshold=threshold, sensitivity=sensitivity)
    assert (
        stage(planning.make(having(config, wake=wake)), "wake").configure.options.get("threshold") == expected
    )


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        (b'intents: {HassTurnOn: {data: [{sentences: ["light it up"]}]}}', ""),
        (b"\xff", "own sentences are left out"),
        (b"intents: [", "own sentences are left out"),
        (b"x" * 100_000, "own sentences are left out"),
        (None, "own sentences are left out"),
    ],
)
def test_own_sentences_reach_the_stage_or_are_left_out_with_a_reason(
    config: Config, tmp_path: Path, content: bytes | None, noted: str
) -> None:
    file = tmp_path / "own.yaml"
    if content is not None:
        file.write_bytes(content)
    plan = planning.make(having(config, understanding=Understanding(sentences_file=str(file))))
    assert ("sentences" in stage(plan, "intent").configure.options) == (not noted)
    assert noted in " ".join(plan.notes)
