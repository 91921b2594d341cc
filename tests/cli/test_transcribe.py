from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appliance.audio import reading
from appliance.cli.transcribe import load_house
from appliance.errors import HomeError
from tests import hearing

HOUSE = {
    "entities": [{"id": "light.bed", "name": "Bed Light", "domain": "light"}],
    "areas": [{"id": "attic", "name": "Attic"}],
}


def transcribe(data: Path, *arguments: object, config: str = "") -> subprocess.CompletedProcess[str]:
    file = data / "test.toml"
    file.write_text(f"[paths]\ndata = '{data}'\nmodels = '{data}/none'\n{config}")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APPLIANCE__")}
    command = [sys.executable, "-m", "appliance", "transcribe", "--config", str(file), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=inherited)


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def saying(folder: Path, text: str) -> Path:
    file = folder / f"{text}.wav"
    reading.write_wav(file, hearing.spoken(text, "en-us") + hearing.SILENCE, 16_000)
    return file


def test_a_line_for_every_file_and_on_after_bad_ones(tmp_path: Path) -> None:
    (tmp_path / "broken.flac").write_bytes(b"fLaC no")
    reading.write_wav(tmp_path / "silence.wav", bytes(64_000), 16_000)
    files = [
        tmp_path / "broken.flac",
        saying(tmp_path, "turn on the kitchen light"),
        tmp_path / "gone.wav",
        tmp_path / "silence.wav",
        saying(tmp_path, "do you think it will rain on our holiday"),
    ]
    done = transcribe(tmp_path, "--json", *files)
    assert done.returncode == 1
    assert done.stderr == ""
    broken, command, gone, silence, rain = lines(done)
    assert [each["file"] for each in lines(done)] == [str(file) for file in files]
    assert [set(each) for each in (broken, gone)] == [{"file", "error"}] * 2
    assert set(command) == {"file", "seconds", "text", "ms", "decode_ms", "confidence"}
    assert command["text"] == "turn on the kitchen light"
    spoken_bytes = len(hearing.spoken("turn on the kitchen light", "en-us")) + len(hearing.SILENCE)
    assert command["seconds"] == pytest.approx(spoken_bytes / 32_000, abs=0.001)
    assert 0 <= command["ms"] <= command["decode_ms"]
    assert (silence["text"], rain["text"]) == ("", "")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_house_says_what_can_be_said(tmp_path: Path, wrapped: bool) -> None:
    house = tmp_path / "house.json"
    house.write_text(json.dumps({"house": HOUSE, "utterance": "x"} if wrapped else HOUSE))
    there = saying(tmp_path, "turn off the bed light")
    not_there = saying(tmp_path, "set the kitchen thermostat to twenty one degrees")
    done = transcribe(tmp_path, "--json", "--house", house, there, not_there)
    assert done.returncode == 0, done.stderr
    assert [each["text"] for each in lines(done)] == ["turn off the bed light", ""]


def test_readable_lines_without_json(tmp_path: Path) -> None:
    done = transcribe(
        tmp_path,
        saying(tmp_path, "hey jarvis, turn on the kitchen light"),
        saying(tmp_path, "bananas"),
        "/gone.wav",
    )
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.rpartition(": ")[2].removeprefix("please ").removesuffix("s") == "turn on the kitchen light"
    assert "nothing that can be said here" in second
    assert "/gone.wav" in done.stderr
    assert "→" in done.stderr


def test_names_that_no_recogniser_can_hear_are_told(tmp_path: Path) -> None:
    house = tmp_path / "house.json"
    house.write_text(json.dumps({"entities": [{"id": "light.k", "name": "Кухня", "domain": "light"}]}))
    done = transcribe(tmp_path, "--house", house, saying(tmp_path, "turn on the lights"))
    assert done.returncode == 0
    assert "does not know these words: кухня" in done.stderr
    assert done.stdout.rstrip().endswith((": turn on the lights", ": turn on the light", ": turn on light"))


def test_another_engine_and_its_model(tmp_path: Path, shared_models: Path) -> None:
    file = saying(tmp_path, "turn on the kitchen light")
    done = transcribe(tmp_path, "--json", "--engine", "vosk", "--model", shared_models / "tiny-vosk", file)
    assert done.returncode == 0, done.stderr
    assert lines(done)[0]["text"] in {"turn on the kitchen light", "turn on kitchen light"}


def test_open_dictation(tmp_path: Path, shared_models: Path) -> None:
    file = saying(tmp_path, "the cat is in the house")
    model = ["--engine", "vosk", "--model", shared_models / "tiny-vosk"]
    for arguments, config in (([], "[stt]\ngrammar = false"), (["--open"], "")):
        done = transcribe(tmp_path, "--json", *arguments, *model, file, config=config)
        assert done.returncode == 0, done.stderr
        assert lines(done)[0]["text"] != ""
    done = transcribe(tmp_path, "--json", *model, file)
    assert lines(done)[0]["text"] == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--engine", "vosk", "--model", "vosk-model-small-en-us-0.15"], "vosk-model-small-en-us"),
        (["--engine", "vosk", "--model", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--engine", "voks"], "did you mean 'vosk'"),
        (["--house", "/nowhere/house.json"], "/nowhere/house.json"),
    ],
)
def test_what_cannot_work_is_one_sentence_and_a_remedy(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    done = transcribe(tmp_path, *arguments, tmp_path / "any.wav")
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"nothing", b'{"house": 3}', b'{"entities": [{}]}', b"\xff" * 10]
)
def test_a_house_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "house.json"
    file.write_bytes(content)
    with pytest.raises(HomeError, match=r"house\.json"):
        load_house(file)


def test_the_demonstration_home_is_the_default() -> None:
    assert load_house(None).entities
