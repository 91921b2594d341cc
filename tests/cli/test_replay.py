"""Recordings through the whole appliance: a timeline in the recording's own time, and the spoken reply."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.audio import pcm
from appliance.demonstration import speak
from tests.appliances import COMMAND, environment, with_models


def replay(data: Path, *arguments: object) -> tuple[int, list[dict[str, object]], str]:
    done = subprocess.run(
        [str(COMMAND), "replay", "--json", *map(str, arguments)],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same command as telephone-like stereo WAV and as FLAC, noise without a word, and no sound file."""
    folder = tmp_path_factory.mktemp("recordings")
    speech = np.frombuffer(speak("Hey Jarvis, turn on the kitchen light"), dtype="<i2")
    wide = np.repeat(speech, 2)
    soundfile.write(folder / "stereo.wav", np.column_stack([wide, wide]), pcm.RATE_HZ * 2)
    soundfile.write(folder / "command.flac", speech, pcm.RATE_HZ)
    bare = np.frombuffer(speak("turn on the kitchen light"), dtype="<i2")
    soundfile.write(folder / "bare.wav", bare, pcm.RATE_HZ)
    soundfile.write(folder / "silence.wav", np.zeros(pcm.RATE_HZ, dtype="<i2"), pcm.RATE_HZ)
    (folder / "letter.wav").write_text("Dear Sir or Madam")
    return folder


def test_a_timeline_of_every_file(wake_models: Path, recordings: Path, tmp_path: Path) -> None:
    data = with_models(tmp_path / "data", wake_models)
    names = ["stereo.wav", "letter.wav", "command.flac", "silence.wav"]
    status, reports, _ = replay(data, *(recordings / name for name in names), "--out", tmp_path / "reply.wav")
    assert status == 1, "one of the files is no sound file"
    assert [Path(str(report["file"])).name for report in reports] == names
    assert "error" in reports[1]
    for report in (reports[0], reports[2]):
        events = {event["event"]: event["at_ms"] for event in report["timeline"]}
        order = [events[name] for name in ("wake", "endpoint", "transcript", "intent", "deed", "first_audio")]
        assert order == sorted(order), events
        assert 400 < events["wake"] < 2_500, "after the pause and the two words"
        (turn,) = report["turns"]
        assert turn["heard"].startswith("turn on the kitchen light")
        assert [deed["confirmed"] for deed in turn["deeds"]] == [True]
    assert reports[3]["turns"] == []
    assert list(data.iterdir()) == [data / "models"], "replay writes nothing into the data directory"


def test_the_reply_is_kept_when_asked_for(wake_models: Path, recordings: Path, tmp_path: Path) -> None:
    data = with_models(tmp_path / "data", wake_models)
    status, (report,), stderr = replay(
        data, recordings / "bare.wav", "--wake-at", 0, "--out", tmp_path / "reply.wav"
    )
    assert status == 0, stderr
    assert report["turns"][0]["word"] == "button"
    sound, rate_hz = soundfile.read(tmp_path / "reply.wav")
    assert len(sound) > rate_hz / 4
    assert np.abs(sound).max() > 0.05


def test_a_house_that_is_not_there(wake_models: Path, recordings: Path, tmp_path: Path) -> None:
    data = with_models(tmp_path / "data", wake_models)
    status, _, stderr = replay(data, recordings / "bare.wav", "--house", tmp_path / "none.json")
    assert status == 1
    assert "none.json" in stderr
    assert "Traceback" not in stderr
