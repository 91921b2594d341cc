"""Models and voices over the local socket: told, and removed only where that takes nothing away."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import Config, Paths, Tts
from appliance.errors import ApplianceError, ControlError
from appliance.models_requests import ModelsRequests, chosen_voice, espeak_table, remove
from appliance.ops.manifest import folder

TABLE = """Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-gb-scotland  --/M      English_(Scotland) gmw/en-GB-scotland   (en 4)
 5  variant         --/F      steph              !v/steph
 5  en-us           --/M      us-mbrola-1        mb/mb-us1
nonsense
"""
VOICE = "en_US-lessac-medium"


class Appliance:
    def __init__(self, data: Path, **tts: str) -> None:
        self.config = Config(paths=Paths(data=str(data), models=str(data / "none")), tts=Tts(**tts))


def fetched(data: Path, name: str) -> Path:
    place = folder(Appliance(data).config) / name
    place.mkdir(parents=True)
    (place / f"{name}.onnx").write_bytes(bytes(100))
    return place


def test_voices_of_espeak_without_those_of_another_program() -> None:
    assert espeak_table(TABLE) == [
        ("en", "en-gb"),
        ("en-gb-scotland", "en-gb-scotland"),
        ("steph", "variant"),
    ]
    assert espeak_table("") == []


@pytest.mark.parametrize(
    ("tts", "name"),
    [
        ({}, "default"),
        ({"voice": "en-us"}, "en-us"),
        ({"engine": "piper", "model": VOICE, "voice": "3"}, VOICE),
        ({"engine": "piper"}, "default"),
    ],
)
def test_the_voice_that_speaks(tmp_path: Path, tts: dict[str, str], name: str) -> None:
    assert chosen_voice(Appliance(tmp_path, **tts).config) == name


async def test_all_models_and_voices_are_told(tmp_path: Path) -> None:
    handlers = ModelsRequests(Appliance(tmp_path)).handlers()
    models = (await handlers["models"]({}))["models"]
    assert VOICE in {each["name"] for each in models}
    told = await handlers["voices"]({})
    assert (told["engine"], told["voice"]) == ("espeak", "default")
    (voice,) = [each for each in told["voices"] if each["name"] == VOICE]
    assert (voice["installed"], voice["rate_hz"], voice["setting"]) == (False, None, "tts.model")


async def test_the_rate_of_a_voice_that_is_here(tmp_path: Path) -> None:
    place = fetched(tmp_path, VOICE)
    (place / f"{VOICE}.onnx.json").write_text('{"audio": {"sample_rate": 22050}}')
    told = await ModelsRequests(Appliance(tmp_path)).handlers()["voices"]({})
    (voice,) = [each for each in told["voices"] if each["name"] == VOICE]
    assert (voice["installed"], voice["rate_hz"]) == (True, 22_050)


def test_what_was_fetched_and_is_not_needed_can_go(tmp_path: Path) -> None:
    place = fetched(tmp_path, VOICE)
    told = remove(Appliance(tmp_path).config, VOICE)
    assert told == {"removed": VOICE, "freed_bytes": 100}
    assert list(place.parent.glob("*")) == []


@pytest.mark.parametrize("name", ["nonsense", VOICE])
def test_what_is_not_here_cannot_go(tmp_path: Path, name: str) -> None:
    with pytest.raises(ApplianceError):
        remove(Appliance(tmp_path).config, name)


def test_what_is_needed_stays(tmp_path: Path) -> None:
    place = fetched(tmp_path, VOICE)
    with pytest.raises(ControlError, match="needed"):
        remove(Appliance(tmp_path, engine="piper", model=VOICE).config, VOICE)
    assert place.exists()


@pytest.mark.parametrize("name", [None, 7, "", "a/b", "..", "x" * 101])
@pytest.mark.parametrize("do", ["model_fetch", "model_remove", "model_cancel"])
async def test_a_name_that_is_none(tmp_path: Path, do: str, name: object) -> None:
    with pytest.raises(ApplianceError):
        await ModelsRequests(Appliance(tmp_path)).handlers()[do]({"name": name})


async def test_a_file_that_nobody_vouched_for_is_fetched_only_when_trusted(tmp_path: Path) -> None:
    requests = ModelsRequests(Appliance(tmp_path))
    models = (await requests.handlers()["models"]({}))["models"]
    for each in [each for each in models if not each["pinned"] and each["source"] in {"url", "wheel"}][:1]:
        with pytest.raises(ControlError, match="vouched"):
            await requests.handlers()["model_fetch"]({"name": each["name"]})
    assert (await requests.handlers()["model_fetches"]({})) == {"fetches": []}
    with pytest.raises(ControlError):
        await requests.handlers()["model_fetch"]({"name": VOICE, "trust_first": "yes"})
    await requests.close()
