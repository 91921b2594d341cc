"""`appliance restore` as a person runs it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.backup.making import make
from appliance.claim import claim
from tests.backup.filled import NOW, PASSPHRASE, config_of, fill, state
from tests.cli.test_backup import command


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    (tmp_path / "words").write_text(PASSPHRASE)
    return Path(make(config_of(fill(tmp_path / "anna", "Anna")), tmp_path, PASSPHRASE, NOW).path)


def test_on_another_machine_and_back(tmp_path: Path, sealed: Path) -> None:
    kim = fill(tmp_path / "kim", "Kim")
    before = state(kim)
    code, out, _ = command(kim, "restore", sealed, "--yes", "--passphrase-file", tmp_path / "words")
    assert code == 0
    assert "files are in place" in out
    assert "appliance restore --undo" in out
    assert (kim / "chosen.toml").read_text().startswith("# Anna")
    code, out, _ = command(kim, "restore", "--undo", "--yes", "--json")
    assert code == 0
    assert "chosen.toml" in json.loads(out)["files"]
    assert state(kim) == before


def test_it_says_what_is_still_to_do(tmp_path: Path) -> None:
    data = fill(tmp_path / "anna")
    plain = Path(make(config_of(data), tmp_path, "", datetime.now(UTC)).path)
    _, out, _ = command(tmp_path / "new", "restore", plain, "--yes")
    assert "models to fetch again: en-voice\n  → appliance models fetch" in out
    assert "passwords to set again: appliance.toml" in out
    assert "judgement/pins.json" in out


def test_it_asks_and_a_script_must_say_yes(tmp_path: Path, sealed: Path) -> None:
    kim = fill(tmp_path / "kim", "Kim")
    before = state(kim)
    code, _, err = command(kim, "restore", sealed, "--passphrase-file", tmp_path / "words")
    assert code == 1
    assert "say --yes" in err
    assert state(kim) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one backup"),
        (("FILE", "--undo"), "name one backup"),
        (("FILE", "--offsite"), "name one backup"),
        (("--undo", "--yes"), "no restore to undo"),
        (("FILE", "--yes"), "encrypted"),
        (("none", "--yes"), "cannot be read"),
    ],
)
def test_what_cannot_be(tmp_path: Path, sealed: Path, arguments: tuple[str, ...], said: str) -> None:
    kim = fill(tmp_path / "kim", "Kim")
    before = state(kim)
    given = [str(sealed) if each == "FILE" else each for each in arguments]
    code, _, err = command(kim, "restore", *given)
    assert code == 1
    assert said in err
    assert "→" in err
    assert state(kim) == before


def test_not_while_an_appliance_runs(tmp_path: Path, sealed: Path) -> None:
    kim = fill(tmp_path / "kim", "Kim")
    with claim(kim):
        code, _, err = command(kim, "restore", sealed, "--yes", "--passphrase-file", tmp_path / "words")
    assert code == 1
    assert "already runs" in err
