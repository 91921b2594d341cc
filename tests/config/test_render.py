"""What `config show` prints is TOML that means the same configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.load import load, parse_toml, parse_value
from appliance.config.render import document, pins_document, settings, tables_document, value

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.booleans() | numbers | texts


@given(scalars | st.lists(texts) | st.dictionaries(texts, scalars))
def test_every_value_reads_back_as_itself(given_value: object) -> None:
    assert parse_value(value(given_value)) == given_value


def test_what_toml_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        value(None)


def test_the_document_reads_back_as_the_same_configuration(tmp_path: Path) -> None:
    first = tmp_path / "first.toml"
    first.write_text(
        "language = 'de'\n[wake]\nwords = ['alexa']\n[wake.options]\npatience = 3\n'odd key' = ['a']\n"
        "[limits.stt]\nmemory_max_mb = 2000\n[llm]\nsystem = 'one\\\\ \"two\"'\n"
    )
    loaded = load(first, {})
    second = tmp_path / "second.toml"
    second.write_text(document(loaded, origins=True))
    assert load(second, {}).config == loaded.config


def test_origins_stand_behind_each_value(tmp_path: Path) -> None:
    file = tmp_path / "with\nnewline.toml"
    file.write_text("[mqtt]\nport = 1884\n")
    text = document(load(file, {"APPLIANCE__LANGUAGE": "fr"}), origins=True)
    assert 'language = "fr"  # APPLIANCE__LANGUAGE\n' in text
    assert "port = 1884  # " in text
    assert "volume = 0.8  # default\n" in text
    assert parse_toml(text.encode(), "shown")


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[mqtt]\npassword = 'hunter2'\n")
    loaded = load(file, {})
    assert "hunter2" not in document(loaded, origins=True)
    assert dict(settings(loaded))["mqtt", "password"] == "(set)"
    empty = load(None, {"APPLIANCE__PATHS__DATA": str(tmp_path / "none")}, [tmp_path / "none"])
    assert dict(settings(empty))["mqtt", "password"] == ""


def test_pins_and_tables_read_back() -> None:
    pins = {"a.b": {"x.zip": "0" * 64}, "c": {"y": "1" * 64}}
    assert parse_toml(pins_document(pins).encode(), "pins") == pins
    tables = [{"name": "a", "files": [{"name": "f", "size": 1}]}, {"name": "b"}]
    assert parse_toml(tables_document("x", "model", list(tables)).encode(), "added") == {"model": tables}
