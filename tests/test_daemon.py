"""The whole appliance when something of its surroundings is missing, and when that arrives."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.config.model import Audio, Config, Mqtt, Paths, Tts, Wake
from appliance.daemon import Appliance, stage_specs
from appliance.errors import ControlError, ModelError
from tests.appliances import NO_WEB, Running, stage
from tests.broker import Mosquitto

VOICE = {"sound", "wake", "vad", "stt", "intent", "tts"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that does not run yet."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    yield broker
    broker.kill()


@pytest.fixture
def start(tmp_path: Path, elsewhere: Mosquitto) -> Iterator[Callable[..., Running]]:
    """An appliance of that broker, however it stands."""
    running: list[Running] = []

    def begin(**overrides: str) -> Running:
        settings = {
            "wake__engine": "microwakeword",
            "mqtt__host": "127.0.0.1",
            "mqtt__port": str(elsewhere.port),
            "mqtt__username": "tester",
            "mqtt__password": elsewhere.users["tester"],
            "mqtt__reconnect_min_seconds": "0.05",
            "mqtt__reconnect_max_seconds": "0.2",
        }
        running.append(Running(tmp_path / "data", **(settings | overrides)))
        return running[-1]

    yield begin
    for each in running:
        assert each.close() == 0


def unreachable(status: dict[str, Any]) -> bool:
    return not status["mqtt"]["connected"] and "has not been asked" not in status["mqtt"]["problem"]


async def test_without_its_broker_it_runs_says_why_and_heals(
    start: Callable[..., Running], elsewhere: Mosquitto
) -> None:
    appliance = start()
    mqtt = (await appliance.until(unreachable))["mqtt"]
    assert mqtt["problem"] == f"nothing listens at 127.0.0.1:{elsewhere.port}"
    assert f"mosquitto -p {elsewhere.port}" in mqtt["hint"]
    assert (await appliance.listening())["mqtt"]["connected"] is False
    answer = await appliance.ask("turn on the kitchen light")
    assert (answer["outcome"], answer["deeds"]) == ("answered", [])
    assert answer["answer"]
    elsewhere.start()
    healed = await appliance.until(lambda status: status["mqtt"]["connected"])
    assert (healed["mqtt"]["problem"], healed["mqtt"]["hint"]) == ("", "")
    elsewhere.kill()
    lost = await appliance.until(unreachable)
    assert lost["mqtt"]["hint"]
    assert lost["listening"], "stages do not care"


async def test_a_broker_that_refuses_the_password_is_named_and_forgiven(
    start: Callable[..., Running], elsewhere: Mosquitto
) -> None:
    elsewhere.start()
    appliance = start(mqtt__password="another")
    mqtt = (await appliance.until(unreachable))["mqtt"]
    assert "refuses the user 'tester': wrong name or password" in mqtt["problem"]
    assert "mqtt.password" in mqtt["hint"]
    assert "another" not in appliance.log(), "a password is nobody's business"
    elsewhere.kill()
    elsewhere.users["tester"] = "another"
    elsewhere.start()
    await appliance.until(lambda status: status["mqtt"]["connected"])


async def test_a_language_model_that_arrives_later_joins(
    start: Callable[..., Running], shared_models: Path, tmp_path: Path
) -> None:
    pytest.importorskip("llama_cpp", reason="the language model's library is not built: tools/build-llm")
    model = tmp_path / "later.gguf"
    appliance = start(llm__model=str(model), supervision__missing_retry_seconds="0.1")
    before = await appliance.until(lambda status: "llm" in status["absent"])
    assert "later.gguf" in before["absent"]["llm"]["message"]
    partial = tmp_path / "later.part"
    shutil.copyfile(shared_models / "stories260K.gguf", partial)
    partial.rename(model)
    after = await appliance.until(lambda status: any(each["name"] == "llm" for each in status["stages"]))
    assert after["absent"] == {}
    await appliance.until(lambda status: stage(status, "llm")["state"] == "ready")
    settled = await appliance.listening()
    for name in VOICE:
        assert stage(settled, name)["restarts"] == 0, "what did not change keeps running"


def settings(data: Path, **sections: Any) -> Config:
    return Config(
        paths=Paths(data=str(data), models=str(data / "none")),
        **(
            {
                "audio": Audio(device="none"),
                "wake": Wake(engine="microwakeword"),
                "mqtt": Mqtt(host="127.0.0.1"),
                "web": NO_WEB,
            }
            | sections
        ),
    )


def test_stages_of_a_configuration(tmp_path: Path) -> None:
    assert {spec.name for spec in stage_specs(settings(tmp_path))} >= VOICE
    with pytest.raises(ModelError):
        stage_specs(settings(tmp_path, tts=Tts(engine="piper", model="/none/voice.onnx")))


async def test_a_start_that_fails_is_undone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    broken = Appliance(settings(data, tts=Tts(engine="piper", model="/none/voice.onnx")))
    with pytest.raises(ModelError):
        await broken.start()
    assert not (data / "run" / "control.sock").exists()
    good = Appliance(settings(data))
    try:
        await good.start()
        assert good.status()["mqtt"]["host"] == "127.0.0.1"
        with pytest.raises(ControlError, match="already runs"):
            await Appliance(settings(data)).start()
        assert (data / "run" / "control.sock").exists()
    finally:
        await good.stop()
        await good.stop()
    assert not (data / "run" / "control.sock").exists()


async def test_stopping_what_never_started(tmp_path: Path) -> None:
    await Appliance(settings(tmp_path / "data")).stop()
    assert not (tmp_path / "data").exists()


async def test_a_new_data_folder_is_private(tmp_path: Path) -> None:
    appliance = Appliance(settings(tmp_path / "a" / "data"))
    try:
        await appliance.start()
        assert (tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700
    finally:
        await appliance.stop()
