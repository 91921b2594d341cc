"""The private appliance: as the configured one where it matters, and nobody hears, meets or finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import (
    Audio,
    Config,
    HomeAssistant,
    Llm,
    Mqtt,
    Paths,
    Policy,
    Sandbox,
    Stt,
    Tts,
    Turn,
    Understanding,
    Vad,
    Wake,
)
from appliance.selftest.setting import private

CONFIG = Config(
    language="de",
    paths=Paths(data="/data/appliance", models="/models"),
    audio=Audio(device="hw:0", input_device="hw:1", muted=True, volume=0.0),
    mqtt=Mqtt(host="broker.home", listen="0.0.0.0", password="secret", prefix="elsewhere"),
    home_assistant=HomeAssistant(url="http://home:8123", token="secret"),
    policy=Policy(rules=("deny light.selftest",)),
    wake=Wake(engine="microwakeword", words=("computer",), threshold=0.7),
    vad=Vad(threshold=0.4),
    stt=Stt(engine="vosk", model="small", speaker_model="speaker"),
    understanding=Understanding(sentences_file="/data/own.yaml"),
    llm=Llm(model="large"),
    tts=Tts(engine="piper", model="thorsten"),
    sandbox=Sandbox(minimum="full", cgroup="/sys/fs/cgroup/appliance"),
)
PRIVATE = private(CONFIG, Path("/tmp/test"), ("computer", "alexa"))


def test_what_is_tested_is_the_same() -> None:
    for name in ("language", "vad", "tts", "limits"):
        assert getattr(PRIVATE, name) == getattr(CONFIG, name)
    assert (PRIVATE.wake.engine, PRIVATE.wake.threshold) == ("microwakeword", 0.7)
    assert (PRIVATE.stt.engine, PRIVATE.stt.model) == ("vosk", "small")
    assert PRIVATE.paths.models == "/models"
    assert PRIVATE.wake.words == ("computer", "alexa")


def test_nobody_hears_meets_or_finds_it() -> None:
    assert (PRIVATE.audio.device, PRIVATE.audio.input_device) == ("none", "")
    assert not PRIVATE.audio.muted
    assert PRIVATE.audio.volume > 0
    assert (PRIVATE.mqtt.host, PRIVATE.mqtt.listen, PRIVATE.mqtt.password) == ("embedded", "", "")
    assert PRIVATE.mqtt.port != 1883
    assert PRIVATE.home_assistant.url == PRIVATE.home_assistant.token == ""
    assert not PRIVATE.satellites.enabled
    assert not PRIVATE.satellites.hermes
    assert PRIVATE.home.discovery_form == "none"
    assert PRIVATE.paths.data == "/tmp/test"
    assert (PRIVATE.history.days, PRIVATE.policy.audit_days, PRIVATE.backup.enabled) == (0, 0, False)


def test_what_would_forbid_it_or_cost_memory_is_left_out() -> None:
    assert PRIVATE.policy.rules == ()
    assert (PRIVATE.llm.model, PRIVATE.stt.speaker_model, PRIVATE.understanding.sentences_file) == (
        "",
        "",
        "",
    )


@pytest.mark.parametrize(("minimum", "asked"), [("full", "limits"), ("limits", "limits"), ("none", "none")])
def test_it_is_confined_as_far_as_its_caller_allows(minimum: str, asked: str) -> None:
    config = Config(sandbox=Sandbox(minimum=minimum))  # type: ignore[arg-type]
    assert private(config, Path("/tmp/test"), ("alexa",)).sandbox == Sandbox(minimum=asked)  # type: ignore[arg-type]


def test_a_slow_machine_gets_more_time_for_everything() -> None:
    slow = private(CONFIG, Path("/tmp/test"), ("alexa",), slowness=3.0)
    for name in Turn.__struct_fields__:
        if name.endswith("_seconds") and name != "think_seconds":
            assert getattr(slow.turn, name) == 3 * getattr(CONFIG.turn, name), name
    assert slow.home.deed_deadline_seconds == 3 * CONFIG.home.deed_deadline_seconds
    assert not slow.turn.fillers
