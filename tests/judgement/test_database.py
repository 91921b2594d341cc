"""The small private database: whole, private, and set aside when it is damaged."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.judgement.database import MAX_DAMAGED, Database
from appliance.judgement.errors import JudgementError
from tests.checkout import ROOT

SCHEMA = "CREATE TABLE IF NOT EXISTS thing (name TEXT NOT NULL);"

DYING = f"""
import os, sys
from pathlib import Path
from appliance.judgement.database import Database
database = Database(Path(sys.argv[1]), {SCHEMA!r}, 1)
database.open()
with database.transaction() as connection:
    connection.execute("PRAGMA cache_size=1")
    connection.executemany("INSERT INTO thing VALUES (?)", [("x" * 4_000,)] * 500)
    os._exit(0)
"""


def opened(path: Path, version: int = 1) -> Database:
    database = Database(path, SCHEMA, version)
    database.open()
    return database


def names(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [row[0] for row in connection.execute("SELECT name FROM thing")]


def put(database: Database, name: str) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO thing VALUES (?)", (name,))


def put_then(database: Database, fail: Callable[[sqlite3.Connection], object]) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO thing VALUES ('lost')")
        fail(connection)


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path / "x.db")
    put(database, "kept")
    with pytest.raises(ZeroDivisionError):
        put_then(database, lambda _: 1 / 0)
    with pytest.raises(JudgementError):
        put_then(database, lambda connection: connection.execute("INSERT INTO nothing VALUES (1)"))
    assert names(database) == ["kept"]
    database.close()
    database.close()
    with pytest.raises(JudgementError, match="not open"):
        names(database)


def test_its_settings_forget_and_survive(tmp_path: Path) -> None:
    database = opened(tmp_path / "x.db")
    with database.transaction() as connection:
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    database.close()
    assert found == {"journal_mode": "delete", "synchronous": 2, "secure_delete": 1}
    assert stat.S_IMODE((tmp_path / "x.db").stat().st_mode) == 0o600


def test_a_journal_left_by_a_power_cut_is_rolled_back(tmp_path: Path) -> None:
    """A process that dies between the first page and the commit leaves nothing of it."""
    path = tmp_path / "x.db"
    database = opened(path)
    put(database, "kept")
    database.close()
    subprocess.run([sys.executable, "-c", DYING, str(path)], cwd=ROOT, check=True)
    assert (tmp_path / "x.db-journal").exists()
    database = opened(path)
    assert names(database) == ["kept"]
    database.close()


def test_damaged_files_are_set_aside_and_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.db"
    for number in range(MAX_DAMAGED + 2):
        path.write_bytes(f"rubbish {number} ".encode() * 1_000)
        opened(path).close()
    kept = sorted(each.name for each in tmp_path.iterdir())
    assert kept == ["x.db", *(f"x.db.damaged-{number}" for number in range(1, MAX_DAMAGED + 1))]
    assert "is damaged" in caplog.text


def test_a_newer_file_and_a_foreign_place_are_left_alone(tmp_path: Path) -> None:
    opened(tmp_path / "x.db", version=2).close()
    with pytest.raises(JudgementError, match="made by a newer appliance"):
        opened(tmp_path / "x.db", version=1)
    opened(tmp_path / "x.db", version=2).close()
    (tmp_path / "link.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JudgementError):
        opened(tmp_path / "link.db")
    assert not (tmp_path / "elsewhere").exists()
