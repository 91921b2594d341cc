"""Variables: their names, and their texts as the type of the key."""

from __future__ import annotations

import pytest

from appliance.config import environment, schema
from appliance.config.load import parse_value
from appliance.errors import ConfigError


def read(name: str, text: str) -> tuple[schema.Path, object]:
    return environment.override(f"APPLIANCE__{name}", text, parse_value)


@pytest.mark.parametrize(
    "leaf", [leaf for leaf in schema.leaves().values() if not leaf.open], ids=lambda x: x.key
)
def test_every_key_has_a_variable_that_leads_back(leaf: schema.Leaf) -> None:
    path, _ = environment.override(environment.variable(leaf.path), "", parse_value)
    assert path == leaf.path


def test_a_text_is_never_read_as_anything_else() -> None:
    for text in ("1883", "true", "[1]", '"quoted"', "", "a = 1"):
        assert read("MQTT__PASSWORD", text) == (("mqtt", "password"), text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("3.5", 3.5),
        ("true", True),
        ('"3"', "3"),
        ("plain", "plain"),
        ("1\nb = 2", "1\nb = 2"),
        ("", ""),
    ],
)
def test_an_option_is_toml_or_else_text(text: str, value: object) -> None:
    assert read("WAKE__OPTIONS__X", text) == (("wake", "options", "x"), value)


def test_what_does_not_fit_stays_as_it_is_for_the_message() -> None:
    assert read("AUDIO__MUTED", "maybe")[1] == "maybe"
    assert read("MQTT__PORT", "many")[1] == "many"
    assert read("WAKE__WORDS", "[broken")[1] == "[broken"


def test_an_endless_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="longer than 8192"):
        read("LANGUAGE", "x" * 9_000)


@pytest.mark.parametrize(
    "name", ["", "__", "MQTT", "MQTT__", "MQTT__HOST__X", "WAKE__OPTIONS__A__B", "mqtt.host"]
)
def test_a_name_that_is_no_key_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown setting"):
        read(name, "x")
