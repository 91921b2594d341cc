"""One backup of real files: what is in it, and what a kill leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.backup.catalogue import ITEMS
from appliance.backup.errors import BackupError
from appliance.backup.inspecting import unpack_whole, verify
from appliance.backup.making import file_name, made_at, make
from tests.backup.filled import NOW, PASSPHRASE, config_of, die_at, fill, state

SECRET = {
    *("judgement/pins.json", "mosquitto/credentials.json", "mosquitto/credentials.json.copy"),
    *(f"mosquitto/tls/{name}" for name in ("ca.pem", "ca.key", "server.pem", "server.key")),
}
ABSENT = {"satellite/hub.json", "satellite/ca.pem", "models/pins.toml"}


def test_encrypted_everything_is_in_it(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    before = state(data)
    made = make(config_of(data), tmp_path, PASSPHRASE, NOW)
    path = Path(made.path)
    assert path.name == "appliance-2026-11-21T083000Z.tar.gz.sealed"
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "into").mkdir()
    assert unpack_whole(path, PASSPHRASE, tmp_path / "into") == made.manifest
    assert state(tmp_path / "into").keys() == before.keys() == {item.path for item in ITEMS} - ABSENT
    databases = {item.path for item in ITEMS if item.kind == "database"}
    assert {k: v for k, v in state(tmp_path / "into").items() if k not in databases} == {
        k: v for k, v in before.items() if k not in databases
    }
    assert set(made.manifest.absent) == ABSENT
    assert made.manifest.models == ("en-voice",)
    assert state(data) == before
    assert sorted(each.name for each in data.iterdir() if each.name.startswith(".")) == []


def test_without_a_passphrase_no_secret_is_in_it(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    made = make(config_of(data), tmp_path, "", NOW)
    (tmp_path / "into").mkdir()
    manifest = unpack_whole(Path(made.path), "", tmp_path / "into")
    assert set(manifest.left_out) == SECRET
    assert manifest.shortened == ("appliance.toml",)
    found = b"".join(path.read_bytes() for path in (tmp_path / "into").rglob("*") if path.is_file())
    assert b"hunter22" not in found
    assert b"secret-Anna" not in found
    assert b"PRIVATE KEY" not in found
    assert (tmp_path / "into" / "appliance.toml").read_text() == "# Anna\n[mqtt]\nport = 1884\n"


def test_settings_whose_password_no_line_shows_are_left_out(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    (data / "appliance.toml").write_text('mqtt = { password = "hunter22" }\n')
    assert "appliance.toml" in make(config_of(data), tmp_path, "", NOW).manifest.left_out


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    make(config_of(data), tmp_path, "", NOW)
    with pytest.raises(BackupError, match="already there"):
        make(config_of(data), tmp_path, "", NOW)


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no data directory"):
        make(config_of(tmp_path / "none"), tmp_path, "", NOW)
    data = fill(tmp_path / "data")
    with pytest.raises(BackupError, match="cannot be written"):
        make(config_of(data), tmp_path / "none" / "x.gz", "", NOW)
    (data / "timers.sqlite").write_bytes(b"this is no database" * 1_000)
    with pytest.raises(BackupError, match=r"timers\.sqlite"):
        make(config_of(data), tmp_path, "", NOW)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data"]


def test_names_tell_the_time() -> None:
    for sealed in (True, False):
        assert made_at(file_name(NOW, sealed=sealed)) == NOW
    for other in (
        "appliance-x.tar.gz",
        "notes.tar.gz",
        "appliance-2026-11-21T083000Z.tar",
        "appliance-.tar.gz",
    ):
        assert made_at(other) is None


BEFORE = """
from pathlib import Path
from datetime import UTC, datetime
import tests.backup.filled as filled
from appliance.backup import archive, sealing
from appliance.backup.making import make
"""
PROGRAM = "make(filled.config_of(Path(sys.argv[2])), Path(sys.argv[3]), '', filled.NOW)"


def test_killed_at_any_step(tmp_path: Path) -> None:
    """A whole backup or none; the next one clears away what was left."""
    data, to = fill(tmp_path / "data"), tmp_path / "to"
    to.mkdir()
    before = state(data)
    step, killed = 1, 0
    while die_at(step, BEFORE, PROGRAM, str(data), str(to)):
        killed += 1
        assert state(data) == before
        for path in to.glob("appliance-*"):
            verify(path, "")
            path.unlink()
        step += 3
    assert killed > 10
    assert [path.name for path in to.iterdir()] == [file_name(NOW, sealed=False)]
    assert [path.name for path in data.iterdir() if path.name.startswith(".")] == []
