from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appliance.audio import reading
from tests import hearing


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """Someone says the word after half a second."""
    file = tmp_path / "alexa.wav"
    reading.write_wav(file, bytes(16_000) + hearing.spoken("alexa"), 16_000)
    return file


def appliance_wake(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    config = data / "test.toml"
    config.write_text(f"[paths]\ndata = '{data}'\nmodels = '{data}/none'\n")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APPLIANCE__")}
    command = [sys.executable, "-m", "appliance", "wake", "--config", str(config), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=inherited)


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def micro(tmp_path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return appliance_wake(tmp_path, "--engine", "microwakeword", *arguments)


def test_a_line_for_every_file_and_on_after_bad_ones(tmp_path: Path, speech: Path) -> None:
    (tmp_path / "broken.flac").write_bytes(b"fLaC no")
    (tmp_path / "empty.wav").write_bytes(b"")
    reading.write_wav(tmp_path / "silence.wav", bytes(64_000), 16_000)
    files = [
        tmp_path / "broken.flac",
        speech,
        tmp_path / "empty.wav",
        tmp_path / "gone.wav",
        tmp_path / "silence.wav",
    ]
    done = micro(tmp_path, "--json", *files)
    assert done.returncode == 1
    assert done.stderr == ""
    broken, heard, empty, gone, silence = lines(done)
    assert [set(each) for each in (broken, empty, gone)] == [{"file", "error"}] * 3
    assert set(heard) == {"file", "seconds", "detections", "cpu_ms_per_s"}
    assert [each["file"] for each in lines(done)] == [str(file) for file in files]
    assert heard["seconds"] == pytest.approx(0.5 + len(hearing.spoken("alexa")) / 32_000, abs=0.001)
    [detection] = heard["detections"]
    assert detection["word"] == "alexa"
    assert 0.8 < detection["at"] <= heard["seconds"]
    assert 0.5 < detection["score"] <= 1.0
    assert heard["cpu_ms_per_s"] > 0
    assert silence["detections"] == []


def test_openwakeword_with_its_models(tmp_path: Path, speech: Path) -> None:
    for name, path in hearing.openwakeword_models().items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / Path(path).name).write_bytes(Path(path).read_bytes())
    done = appliance_wake(tmp_path, "--json", "--word", "alexa", speech, speech)
    assert done.returncode == 0, done.stderr
    first, second = lines(done)
    assert [each["word"] for each in first["detections"]] == ["alexa"]
    assert first["detections"] == second["detections"]


def test_without_its_models_the_engine_inside_a_package_stands_in_and_says_so(
    tmp_path: Path, speech: Path
) -> None:
    done = appliance_wake(tmp_path, "--json", speech)
    assert done.returncode == 0
    assert [each["word"] for each in lines(done)[0]["detections"]] == ["alexa"]
    assert "microwakeword listens instead" in done.stderr
    assert "appliance models fetch" in done.stderr


def test_an_engine_asked_for_by_name_is_not_replaced(tmp_path: Path, speech: Path) -> None:
    done = appliance_wake(tmp_path, "--engine", "openwakeword", speech)
    assert done.returncode == 1
    assert "appliance models fetch" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_the_words_asked_for(tmp_path: Path, speech: Path) -> None:
    done = micro(tmp_path, "--json", "--word", "hey_jarvis", "--word", "okay_nabu", speech)
    assert done.returncode == 0
    assert lines(done)[0]["detections"] == []


def test_the_threshold_asked_for(tmp_path: Path, speech: Path) -> None:
    assert lines(micro(tmp_path, "--json", "--threshold", "1", speech))[0]["detections"] == []
    assert len(lines(micro(tmp_path, "--json", "--threshold", "0.2", speech))[0]["detections"]) == 1


@pytest.mark.parametrize("value", ["0", "1.5", "nan", "-1", "much"])
def test_a_threshold_that_makes_no_sense(tmp_path: Path, speech: Path, value: str) -> None:
    done = micro(tmp_path, f"--threshold={value}", speech)
    assert done.returncode == 2
    assert "--threshold" in done.stderr


def test_a_word_without_a_model_names_those_there_are(tmp_path: Path, speech: Path) -> None:
    done = micro(tmp_path, "--word", "hey_computer", speech)
    assert done.returncode == 1
    assert "hey_computer" in done.stderr
    assert "okay_nabu" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_does_not_exist(tmp_path: Path, speech: Path) -> None:
    done = appliance_wake(tmp_path, "--engine", "openwakewort", speech)
    assert done.returncode == 1
    assert "openwakeword" in done.stderr


def test_text_for_people(tmp_path: Path, speech: Path) -> None:
    reading.write_wav(tmp_path / "silence.wav", bytes(64_000), 16_000)
    done = micro(tmp_path, speech, tmp_path / "silence.wav", tmp_path / "gone.wav")
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert "alexa at " in first
    assert "no wake word" in second
    assert "gone.wav cannot be opened" in done.stderr
