"""`appliance config` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.cli._problems import problems, warnings
from appliance.config.load import load, parse_toml
from appliance.engines import loading

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command in an environment of its own."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("APPLIANCE")}
    environ["APPLIANCE__PATHS__DATA"] = str(tmp_path / "data")

    def command(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "appliance", "config", *map(str, arguments)],
            env=environ | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.toml"
    path.write_text(text)
    return path


def test_every_mistake_is_listed_and_the_status_is_1(run: Run, tmp_path: Path) -> None:
    path = file(tmp_path, "[turn]\nlisten_secnds = 1\n[mqtt]\nport = 0\n")
    done = run("check", path)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert f"error: {path}: turn.listen_secnds: unknown key; did you mean turn.listen_seconds?" in lines
    assert f"error: {path}: mqtt.port: 0 is not a whole number from 1 to 65535" in lines


def test_problems_beyond_the_types_are_found(run: Run, tmp_path: Path) -> None:
    text = (
        "[wake]\nengine = 'openwakword'\n[llm]\nmodel = 'tinny'\n[stt]\nmodel = './none'\n"
        "[mqtt]\npassword_file = 'none'\ntls_ca_file = 'none'\n"
    )
    done = run("check", file(tmp_path, text), "--json")
    assert done.returncode == 1
    found = {line["key"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(found) >= {"wake.engine", "llm.model", "stt.model", "mqtt.password_file", "mqtt.tls_ca_file"}
    assert "no engine 'openwakword'" in found["wake.engine"]["problem"]
    assert found["llm.model"]["where"] == str(tmp_path / "a.toml")
    assert str(tmp_path / "none") in found["stt.model"]["problem"]


def test_a_model_of_another_engine_is_named(tmp_path: Path) -> None:
    path = file(tmp_path, f"paths.data = '{tmp_path}'\n[tts]\nmodel = 'qwen2.5-0.5b-instruct'\n")
    (found,) = [each for each in problems(load(path, {})) if each.key == "tts.model"]
    assert "is a llm model of engine llamacpp, not of espeak" in found.what


def test_an_unknown_option_of_an_engine_is_named(tmp_path: Path) -> None:
    if "espeak" not in loading.names("tts"):
        pytest.skip("the engine is not there")
    path = file(tmp_path, "[tts.options]\nno_such_option = 1\n")
    (found,) = [each for each in problems(load(path, {})) if each.key.startswith("tts.options")]
    assert "no_such_option" in found.what
    assert found.where == str(path)


def test_a_password_file_for_everyone_is_a_warning(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x\n")
    secret.chmod(0o644)
    loaded = load(file(tmp_path, "[mqtt]\npassword_file = 'secret'\n"), {})
    (found,) = warnings(loaded)
    assert "chmod 600" in found.what
    secret.chmod(0o600)
    assert warnings(loaded) == []


def test_show_prints_toml_without_secrets(run: Run, tmp_path: Path) -> None:
    path = file(tmp_path, "[mqtt]\npassword = 'hunter2'\nport = 1884\n")
    done = run("show", "--origin", "--config", path, APPLIANCE__LANGUAGE="de")
    assert done.returncode == 0
    assert "hunter2" not in done.stdout
    shown = parse_toml(done.stdout.encode(), "shown")
    assert shown["language"] == "de"
    assert f"port = 1884  # {path}" in done.stdout
    assert 'language = "de"  # APPLIANCE__LANGUAGE' in done.stdout


@pytest.mark.parametrize("order", [("--json", "show"), ("show", "--json")])
def test_show_as_json_is_one_key_a_line(run: Run, order: tuple[str, str]) -> None:
    lines = [json.loads(line) for line in run(*order).stdout.splitlines()]
    assert {"key": "mqtt.port", "value": 1883, "origin": "default"} in lines
    assert all(set(line) == {"key", "value", "origin"} for line in lines)


def test_show_of_a_broken_file_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    done = run("--config", file(tmp_path, "x = \n"), "show")
    assert done.returncode == 1
    assert "is not valid TOML" in done.stderr
    assert "Traceback" not in done.stderr


def test_docs_is_the_page_and_the_template(run: Run) -> None:
    assert run("docs").stdout.startswith("# Configuration")
    assert "#port = 1883" in run("docs", "--template").stdout
