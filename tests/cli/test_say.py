from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from appliance.audio.pcm import rms
from tests.makers.onnx_voice import make_voice


def say(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The real command, with a configuration of its own."""
    config = folder / "appliance.toml"
    if not config.exists():
        config.write_text(f'[paths]\ndata = "{folder}"\n')
    return subprocess.run(
        [sys.executable, "-m", "appliance", "say", "--config", str(config), *arguments],
        capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


def sound(path: Path) -> tuple[float, float]:
    """Seconds and loudness."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        frames = file.readframes(file.getnframes())
        return file.getnframes() / file.getframerate(), rms(frames)


def test_a_text_becomes_a_file(tmp_path: Path) -> None:
    out = tmp_path / "reply.wav"
    done = say("Turning on the light. It is **21.5 °C**.", "--out", str(out), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    seconds, loudness = sound(out)
    assert 2 < seconds < 8
    assert loudness > 0.02
    assert f"{out}: " in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["appliance.toml", "reply.wav"]


def test_json(tmp_path: Path) -> None:
    out = tmp_path / "reply.wav"
    report = json.loads(say("Good morning.", "--out", str(out), "--json", folder=tmp_path).stdout)
    assert report["file"] == str(out)
    assert report["engine"] == "espeak"
    assert report["seconds"] == pytest.approx(sound(out)[0], abs=0.001)
    assert 0 < report["first_ms"] <= report["ms"]


def test_speed(tmp_path: Path) -> None:
    lengths = []
    for speed in ("0.7", "1.5"):
        assert (
            say(
                "Good morning to you.", "--out", f"{tmp_path}/x.wav", "--speed", speed, folder=tmp_path
            ).returncode
            == 0
        )
        lengths.append(sound(tmp_path / "x.wav")[0])
    assert lengths[0] > 1.5 * lengths[1]


def test_another_engine_with_its_model(tmp_path: Path) -> None:
    voice = make_voice(tmp_path / "hum.onnx")
    (tmp_path / "appliance.toml").write_text(
        f'[paths]\ndata = "{tmp_path}"\n[tts]\nengine = "piper"\nmodel = "{voice}"\n'
    )
    done = say("Good morning.", "--out", f"{tmp_path}/x.wav", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "hum" in json.loads(done.stdout)["detail"]
    done = say("Good morning.", "--out", f"{tmp_path}/x.wav", "--engine", "espeak", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["engine"] == "espeak", done.stderr


@pytest.mark.parametrize(
    ("text", "out", "more", "reason"),
    [
        ("", "x.wav", [], "no word to say"),
        (" \n*** 👍", "x.wav", [], "no word to say"),
        ("x" * 20_001, "x.wav", [], "above 20000"),
        ("hello", "no/such/place/x.wav", [], "there is no directory"),
        ("hello", ".", [], "is a directory"),
        ("hello", "/proc/x.wav", [], "/proc/x.wav: "),
        ("hello", "n" * 300 + ".wav", [], "too long"),
        ("hello", "x.wav", ["--speed", "9"], "not from 0.5 to 2.0"),
        ("hello", "x.wav", ["--speed", "nan"], "not from 0.5 to 2.0"),
        ("hello", "x.wav", ["--engine", "espaek"], "did you mean 'espeak'"),
        ("hello", "x.wav", ["--engine", "piper"], "appliance models"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, text: str, out: str, more: list[str], reason: str
) -> None:
    done = say(text, "--out", str(tmp_path / out), *more, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert reason in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["appliance.toml"]


def test_a_file_that_was_there_stays_when_it_fails(tmp_path: Path) -> None:
    out = tmp_path / "x.wav"
    out.write_bytes(b"precious")
    assert say("hello", "--out", str(out), "--engine", "piper", folder=tmp_path).returncode == 1
    assert out.read_bytes() == b"precious"
