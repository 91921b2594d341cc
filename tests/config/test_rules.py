"""What no single value can break, and which values are paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import rules, schema
from appliance.config.model import Config, HomeAssistant, Mqtt, Supervision, Wake

BASE = Path("/etc/appliance")


def test_the_defaults_agree() -> None:
    assert list(rules.violations(Config())) == []


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (Config(supervision=Supervision(backoff_min_seconds=9)), "supervision.backoff_min_seconds"),
        (Config(mqtt=Mqtt(reconnect_min_seconds=60)), "mqtt.reconnect_min_seconds"),
        (Config(mqtt=Mqtt(password="(set)")), "mqtt.password"),
        (Config(home_assistant=HomeAssistant(token="(set)")), "home_assistant.token"),
        (Config(wake=Wake(words=("a", "b", "a"))), "wake.words"),
    ],
)
def test_each_disagreement_names_its_key(config: Config, key: str) -> None:
    assert [found for found, _ in rules.violations(config)] == [key]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("paths.data", "state", "/etc/appliance/state"),
        ("paths.data", "/var/x", "/var/x"),
        ("mqtt.password_file", "", ""),
        ("llm.model", "name", "name"),
        ("llm.model", "./m.gguf", "/etc/appliance/m.gguf"),
        ("wake.words", ["alexa", "w/x.onnx"], ["alexa", "/etc/appliance/w/x.onnx"]),
        ("mqtt.host", "a/b", "a/b"),
        ("paths.data", "~no-such-user-here/x", "/etc/appliance/~no-such-user-here/x"),
    ],
)
def test_paths_belong_to_their_folder(key: str, value: object, expected: object) -> None:
    assert rules.absolute(tuple(key.split(".")), value, BASE) == expected


def test_every_named_path_is_a_key() -> None:
    keys = {leaf.key for leaf in schema.leaves().values()}
    pairs = {key for pair in rules.PAIRS for key in pair}
    assert rules.PATH_KEYS | rules.MODEL_KEYS | pairs | {rules.WORDS_KEY} <= keys


def test_the_home_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/someone")
    assert rules.absolute(("paths", "data"), "~/x", BASE) == "/srv/someone/x"
