"""`appliance migrate` as a person runs it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.timers.store import MIGRATIONS


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "appliance.toml"
    file.write_text('[paths]\ndata = "data"\n')
    with sqlite3.connect(tmp_path / "data" / "timers.sqlite") as connection:
        connection.execute(MIGRATIONS[0])
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    return file


def rows(text: str) -> dict[str, str]:
    return {Path(row["path"]).name: row["state"] for row in map(json.loads, text.splitlines())}


def test_first_a_look_then_the_deed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--config", str(config), "--dry-run"]) == 0
    assert "is old           timers.sqlite: version 1 → version 2" in capsys.readouterr().out
    assert main(["migrate", "--config", str(config), "--json"]) == 0
    assert rows(capsys.readouterr().out) == {"appliance.toml": "present", "timers.sqlite": "done"}
    assert main(["migrate", "--config", str(config), "--json"]) == 0
    assert rows(capsys.readouterr().out) == {"appliance.toml": "present", "timers.sqlite": "present"}


def test_what_cannot_be_done_is_the_exit_status(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "data" / "timers.sqlite").write_bytes(b"nonsense" * 100)
    assert main(["migrate", "--config", str(config)]) == 1
    out = capsys.readouterr().out
    assert "cannot be done" in out
    assert "    → " in out
