"""Settings over the local socket: told with their origins and without secrets; chosen where that may be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.config import load, schema
from appliance.config.chosen import path_of
from appliance.config.chosen_store import ChosenStore
from appliance.config.model import Config, Llm, Mqtt, Paths
from appliance.config.origins import Origin
from appliance.control import Handler
from appliance.errors import ConfigError, ControlError
from appliance.settings_requests import MAX_KEYS, SettingsRequests


class Bench:
    """What is needed of an appliance, with the real reading of the configuration."""

    def __init__(self, data: Path, **environ: str) -> None:
        data.mkdir(exist_ok=True)
        self.environ = {"APPLIANCE__PATHS__DATA": str(data), **environ}
        self.config = self.loaded({}).config
        self.store = ChosenStore(path_of(data), write_seconds=0.0)
        self.reloads = 0
        self.refuse = False

    def loaded(self, values: Mapping[str, object]) -> load.Loaded:
        return load.load(None, self.environ, (), in_memory=values)

    def origins(self, values: Mapping[str, object]) -> Mapping[str, Origin]:
        return self.loaded(values).origins

    async def reload(self) -> None:
        self.reloads += 1
        if self.refuse:
            raise ConfigError("it does not fit")
        self.config = self.loaded(self.store.values).config

    def handlers(self, *, choosable: bool = True) -> dict[str, Handler]:
        reload = self.reload if choosable else None
        return SettingsRequests(self, reload, self.origins, fixed=("mqtt",)).handlers()


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "data", APPLIANCE__AUDIO__CHIME="false")


async def ask(bench: Bench, do: str, **fields: Any) -> dict[str, Any]:
    return await bench.handlers()[do]({"do": do, **fields})


async def test_every_key_is_told(bench: Bench) -> None:
    told = (await ask(bench, "settings"))["settings"]
    assert list(told) == [schema.dotted(path) for path in schema.leaves()]
    chime = told["audio.chime"]
    assert chime["value"] is False
    assert chime["origin"] == {"kind": "environment", "name": "APPLIANCE__AUDIO__CHIME"}
    assert not chime["chosen_while_running"]
    assert told["audio.volume"]["chosen_while_running"]
    assert told["mqtt.port"]["needs_restart"]
    assert not told["audio.volume"]["needs_restart"]
    assert len(msgspec.json.encode(told)) < 256 * 1024


async def test_only_some_keys(bench: Bench) -> None:
    told = await ask(bench, "settings", keys=["tts.engine", "tts.speed"])
    assert told["settings"] == {"tts.engine": {"value": "espeak"}, "tts.speed": {"value": 1.0}}


@pytest.mark.parametrize(
    "keys", ["tts.engine", [7], ["tts.engin"], ["tts.engine"] * (MAX_KEYS + 1), ["x" * 500]]
)
async def test_keys_that_are_none(bench: Bench, keys: object) -> None:
    with pytest.raises(ControlError):
        await ask(bench, "settings", keys=keys)


async def test_no_secret_is_told(bench: Bench, tmp_path: Path) -> None:
    bench.config = Config(
        paths=Paths(data=str(tmp_path)),
        mqtt=Mqtt(password="hunter2"),
        llm=Llm(options={"api_key_secret": "hunter2", "token": "hunter2", "url": "http://a"}),
    )
    told = await ask(bench, "settings")
    assert "hunter2" not in msgspec.json.encode(told).decode()
    assert told["settings"]["mqtt.password"]["value"] == schema.HIDDEN
    assert told["settings"]["llm.options"]["value"]["url"] == "http://a"


async def test_a_choice_is_in_force_told_and_written(bench: Bench) -> None:
    told = await ask(bench, "setting_choose", key="audio.volume", value=0.25)
    assert told["value"] == bench.config.audio.volume == 0.25
    assert told["origin"]["kind"] == "chosen"
    await bench.store.close()
    assert "volume = 0.25" in path_of(Path(bench.config.paths.data)).read_text()


async def test_the_same_again_changes_nothing(bench: Bench) -> None:
    for _ in range(3):
        await ask(bench, "setting_choose", key="audio.volume", value=0.25)
    assert bench.reloads == 1


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("audio.volume", 7, "is not"),
        ("audio.volume", None, "is not"),
        ("audio.volume", "loud", "is not"),
        ("log.level", "chatty", "is not"),
        ("audio.chime", True, "is set by APPLIANCE__AUDIO__CHIME"),
        ("mqtt.host", "elsewhere", "cannot be chosen while it runs"),
        ("audio.volum", 0.1, "no setting"),
        (None, 1, "no setting"),
        (["audio", "volume"], 1, "no setting"),
    ],
)
async def test_what_cannot_be_chosen(bench: Bench, key: object, value: object, what: str) -> None:
    with pytest.raises((ControlError, ConfigError), match=what) as caught:
        await ask(bench, "setting_choose", key=key, value=value)
    assert caught.value.hint
    assert (bench.reloads, bench.store.values) == (0, {})


async def test_where_else_it_is_changed_is_said(bench: Bench) -> None:
    with pytest.raises(ControlError) as caught:
        await ask(bench, "setting_choose", key="tts.speed", value=1.5)
    assert caught.value.hint == (
        f"set [tts] speed in {bench.config.paths.data}/appliance.toml, then: systemctl reload appliance"
    )


async def test_what_does_not_fit_the_rest_is_taken_back(bench: Bench) -> None:
    await ask(bench, "setting_choose", key="audio.volume", value=0.25)
    bench.refuse = True
    with pytest.raises(ConfigError):
        await ask(bench, "setting_choose", key="audio.volume", value=0.75)
    assert bench.store.values["audio.volume"] == 0.25


async def test_an_appliance_that_cannot_read_anew_says_so(bench: Bench) -> None:
    handlers = bench.handlers(choosable=False)
    assert not (await handlers["settings"]({}))["choosable"]
    with pytest.raises(ControlError, match="nothing can be chosen"):
        await handlers["setting_choose"]({"key": "audio.volume", "value": 0.5})
