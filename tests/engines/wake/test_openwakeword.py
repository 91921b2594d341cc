from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.engines.wake.openwakeword import Engine, Options
from appliance.errors import EngineError
from tests import hearing

PROGRAM = """
import json, os, sys
from pathlib import Path
from appliance.engines.wake.openwakeword import Engine, Options
engine = Engine(Options(), {name: Path(path) for name, path in json.loads(sys.argv[1]).items()}, 1)
engine.open()
for _ in range(30):
    engine.reset()
    list(engine.feed(bytes(32_000), 0))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
loaded = sorted({name.split(".")[0] for name in sys.modules})
peak_mb = int(status["VmHWM"].split()[0]) // 1024
print(json.dumps([loaded, peak_mb, os.environ["ORT_DISABLE_TELEMETRY"], int(status["Threads"])]))
"""


@pytest.fixture(scope="module")
def process() -> tuple[list[str], int, str, int]:
    """A process that runs the engine alone: (libraries in it, peak MB, telemetry switch, threads)."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, json.dumps(hearing.openwakeword_models())]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=100, env={"OPENBLAS_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    loaded, peak_mb, telemetry, threads = json.loads(done.stdout)
    return loaded, peak_mb, telemetry, threads


def test_the_library_runs_without_its_training_tools(process: tuple[list[str], int, str, int]) -> None:
    loaded = set(process[0])
    assert "openwakeword" in loaded
    assert not loaded & {"scipy", "sklearn", "requests"}


def test_it_stays_small_over_many_resets(process: tuple[list[str], int, str, int]) -> None:
    assert process[1] <= 130


def test_one_thread_and_no_telemetry(process: tuple[list[str], int, str, int]) -> None:
    assert process[2:] == ("1", 1)


def paths(**changes: Path) -> dict[str, Path]:
    return {name: Path(path) for name, path in hearing.openwakeword_models().items()} | changes


@pytest.mark.parametrize("key", ["melspectrogram", "embedding", "alexa"])
@pytest.mark.parametrize("kept_bytes", [0, 100, 300_000])
def test_a_model_cut_short_is_a_clear_error(tmp_path: Path, key: str, kept_bytes: int) -> None:
    cut = tmp_path / f"{key}.onnx"
    cut.write_bytes(paths()[key].read_bytes()[:kept_bytes])
    with pytest.raises(EngineError) as error:
        Engine(Options(), paths(**{key: cut}), 1).open()
    assert error.value.hint == "appliance models verify"


@pytest.mark.parametrize("wrong", ["melspectrogram", "embedding"])
def test_a_model_of_another_kind_is_a_clear_error(tmp_path: Path, wrong: str) -> None:
    other = tmp_path / "other.onnx"
    shutil.copy(paths()[wrong], other)
    with pytest.raises(EngineError, match="cannot use its models"):
        Engine(Options(), paths(alexa=other), 1).open()


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    twin = tmp_path / paths()["alexa"].name
    shutil.copy(paths()["alexa"], twin)
    with pytest.raises(EngineError, match="same file name"):
        Engine(Options(), paths(hey_jarvis=twin), 1).open()


def test_scores_are_those_of_the_library_itself() -> None:
    import numpy as np

    engine = Engine(Options(), paths(), 1)
    engine.open()
    speech = np.frombuffer(hearing.spoken("alexa") + hearing.SILENCE, np.int16)
    state = engine.silence()
    ours = [
        engine.score(speech[at : at + 1_280], state)["alexa"] for at in range(0, len(speech) - 1_279, 1_280)
    ]
    plain = _plain_model()
    silence = np.zeros(1_280, np.int16)
    for _ in range(40):
        plain.predict(silence)
    theirs = [
        float(plain.predict(speech[at : at + 1_280])[paths()["alexa"].stem])
        for at in range(0, len(speech) - 1_279, 1_280)
    ]
    assert max(ours) > 0.9
    assert ours == pytest.approx(theirs, abs=1e-4)


def _plain_model():
    """The library as its manual uses it: nothing replaced."""
    from openwakeword.model import Model

    files = hearing.openwakeword_models()
    return Model(
        wakeword_models=[files["alexa"]],
        inference_framework="onnx",
        melspec_model_path=files["melspectrogram"],
        embedding_model_path=files["embedding"],
    )
