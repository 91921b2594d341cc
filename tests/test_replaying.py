"""Recordings through a private appliance: their own time, and nothing that outlives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.audio import pcm
from appliance.config.model import Audio, Config, Paths, Wake
from appliance.demonstration import speak
from appliance.errors import AudioError, HomeError
from appliance.pipeline.trace import TurnNote
from appliance.replaying import Replayer, _local
from tests.appliances import NO_WEB


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        paths=Paths(data=str(tmp_path / "data"), models=str(tmp_path / "none")),
        audio=Audio(device="none"),
        wake=Wake(engine="microwakeword"),
        web=NO_WEB,
    )


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({}, {}),
        ({"speech_end_ms": 9_500}, {"speech_end_ms": 1_500}),
        ({"speech_end_ms": 0}, {"speech_end_ms": 0}),
        ({"text": "x"}, {"text": "x"}),
    ],
)
def test_notes_in_the_recordings_own_time(data: dict[str, object], wanted: dict[str, object]) -> None:
    note = TurnNote(3, "first_audio", 10_000, data)
    assert _local(note, 8_000) == TurnNote(3, "first_audio", 2_000, wanted)
    assert note.data is data, "the note itself belongs to the other watchers too"


async def test_a_house_that_is_not_there_starts_nothing(config: Config, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"none\.json"):
        await Replayer(config, tmp_path / "none.json", None).__aenter__()
    assert not (tmp_path / "data").exists()


async def test_one_recording_after_another(config: Config, tmp_path: Path) -> None:
    """A file without sound is an error and the next one is heard all the same, in a time of its own."""
    empty, spoken = tmp_path / "empty.wav", tmp_path / "spoken.wav"
    soundfile.write(empty, np.zeros(0, dtype="<i2"), pcm.RATE_HZ)
    speech = np.frombuffer(speak("turn on the kitchen light"), dtype="<i2")
    soundfile.write(spoken, speech, pcm.RATE_HZ)
    async with Replayer(config, None, 0.2) as replayer:
        watching = list(replayer._appliance.conductor.trace._watchers)
        with pytest.raises(AudioError):
            await replayer.replay(empty)
        reports = [await replayer.replay(spoken) for _ in range(2)]
        conductor = replayer._appliance.conductor
        assert conductor.on_speech is None
        assert conductor.on_injected is None
        assert conductor.trace._watchers == watching, "nobody else watches between recordings"
    for report in reports:
        assert report["seconds"] == pytest.approx(len(speech) / pcm.RATE_HZ, abs=0.01)
        (turn,) = report["turns"]
        assert turn["word"] == "button"
        assert turn["heard"].startswith("turn on the kitchen light")
        wake = next(event for event in report["timeline"] if event["event"] == "wake")
        assert wake["at_ms"] == 200
        assert [event["at_ms"] for event in report["timeline"]] == sorted(
            event["at_ms"] for event in report["timeline"]
        )
        assert report["reply_pcm"]
    assert not (tmp_path / "data" / "run" / "control.sock").exists()
