"""`appliance backup` as a person runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.appliances import COMMAND, environment
from tests.backup.filled import PASSPHRASE, fill


def command(data: Path, *arguments: str | Path, **overrides: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [COMMAND, *arguments], env=environment(data, **overrides), capture_output=True, text=True, timeout=60,
        check=False, stdin=subprocess.DEVNULL, cwd=data.parent,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_without_a_passphrase_it_says_what_is_left_out(tmp_path: Path) -> None:
    code, out, err = command(fill(tmp_path / "data"), "backup", "--to", tmp_path / "x.tar.gz")
    assert code == 0
    assert out.startswith(f"{tmp_path}/x.tar.gz: ")
    assert "not encrypted" in out
    assert "left out, because there is no passphrase: judgement/pins.json" in err
    assert "without its passwords, because there is no passphrase: appliance.toml" in err


def test_with_one_everything_is_in_it(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    (tmp_path / "words").write_text(f"{PASSPHRASE}\n")
    code, out, err = command(data, "backup", "--json", "--passphrase-file", tmp_path / "words")
    answer = json.loads(out)
    assert (code, err, answer["left_out"], answer["encrypted"]) == (0, "", [], True)
    assert "judgement/pins.json" in answer["files"]
    assert (tmp_path / answer["path"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["short", "two\nlines of it"])
def test_a_bad_passphrase(tmp_path: Path, text: str) -> None:
    (tmp_path / "words").write_text(text)
    code, _, err = command(fill(tmp_path / "data"), "backup", "--passphrase-file", tmp_path / "words")
    assert code == 1
    assert "→" in err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("appliance-*"))


@pytest.mark.parametrize("arguments", [("backup",), ("verify", "x"), ("restore", "x")])
def test_a_passphrase_is_never_an_argument(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, _, err = command(tmp_path / "data", *arguments, "--passphrase", PASSPHRASE)
    assert code == 2
    assert "use --passphrase-file" in err
    assert PASSPHRASE not in err


def test_offsite_that_is_not_configured(tmp_path: Path) -> None:
    code, _, err = command(fill(tmp_path / "data"), "backup", "--offsite")
    assert code == 1
    assert "no offsite repository is configured" in err


@pytest.mark.skipif(shutil.which("restic") is None, reason="the program restic is missing")
def test_offsite_there_and_back_on_another_machine(tmp_path: Path) -> None:
    data, other = fill(tmp_path / "data"), tmp_path / "other"
    password = tmp_path / "password"
    password.write_text("of the repository")
    password.chmod(0o600)
    settings = {
        "BACKUP__OFFSITE": str(tmp_path / "stick"), "BACKUP__OFFSITE_PASSWORD_FILE": str(password),
    }  # fmt: skip
    code, _, err = command(data, "backup", "--offsite", **settings)
    assert code == 1
    assert "--offsite-init" in err
    shutil.rmtree(data / "snapshots")
    assert command(data, "backup", "--offsite-init", **settings)[0] == 0
    code, out, err = command(data, "backup", "--offsite", **settings)
    assert code == 0
    assert "copied to" in out
    assert "are not in it" in err
    code, out, _ = command(other, "verify", "--offsite", **settings)
    assert code == 0
    assert "judgement/people.db" in out
    code, out, _ = command(other, "restore", "--offsite", "--yes", **settings)
    assert code == 0
    assert (other / "chosen.toml").read_bytes() == (data / "chosen.toml").read_bytes()
