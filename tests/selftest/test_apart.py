"""A private appliance: spoken to, and gone without a trace."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Audio, Config, Paths, Tts, Wake
from appliance.errors import ApplianceError
from appliance.selftest import steps, surroundings
from appliance.selftest.apart import PREFIX, Apart
from appliance.selftest.sentences import PHRASES, Utterance
from appliance.selftest.steps import Outcome


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        paths=Paths(data=str(tmp_path / "data"), models=str(tmp_path / "none")),
        audio=Audio(device="hw:7", muted=True),
        wake=Wake(engine="microwakeword", words=("okay_nabu",)),
    )


def traces() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


async def heard(apart: Apart) -> Outcome:
    """What became of the sentence; the recogniser does not get every saying of it, so it is said again."""
    for _ in range(4):
        outcome = await apart.hear(Utterance("okay_nabu", "espeak", "espeak"))
        assert outcome is not None
        if outcome.progress == steps.WHOLE:
            break
    return outcome


async def test_it_is_called_told_and_leaves_nothing(config: Config, tmp_path: Path) -> None:
    """A word that is no wake word begins nothing; after it, the same one still hears the right one."""
    folders, processes = traces(), surroundings.descendants(os.getpid())
    async with Apart(config, PHRASES["en"], 60.0) as apart:
        assert apart.words == ("okay_nabu",)
        assert traces() - folders == {apart.folder}
        deaf = await apart.hear(Utterance("good_morning", "espeak", "espeak"))
        assert deaf is not None
        assert (deaf.woken, deaf.light_on, deaf.progress) == (False, False, 0)
        whole = await heard(apart)
        assert (whole.summary.word, whole.light_on) == ("okay_nabu", True)
        assert whole.progress == steps.WHOLE, list(steps.chain(whole, "turn on the kitchen light"))
        assert whole.injected_ms > 0
    assert await surroundings.still_running(processes) == set()
    assert traces() <= folders
    assert not (tmp_path / "data").exists()


async def test_a_voice_that_there_is_not_says_nothing(config: Config) -> None:
    galician = msgspec.structs.replace(config, language="gl", tts=Tts(voice="en-us"))
    async with Apart(galician, PHRASES["en"], 60.0) as apart:
        assert await apart.hear(Utterance("okay_nabu", "espeak", "espeak")) is None


@pytest.mark.parametrize("patience", [60.0, 0.01])
async def test_what_cannot_start_leaves_nothing(config: Config, patience: float) -> None:
    """A model that is missing, and a machine that is too slow."""
    folders, processes = traces(), surroundings.descendants(os.getpid())
    broken = config if patience < 1 else msgspec.structs.replace(config, wake=Wake(words=("/none/own.onnx",)))
    with pytest.raises(ApplianceError) as caught:
        await Apart(broken, PHRASES["en"], patience).__aenter__()
    assert caught.value.hint
    assert await surroundings.still_running(processes) == set()
    assert traces() <= folders
