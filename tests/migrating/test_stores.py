"""Databases of older versions, made as those versions made them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance.backup.catalogue import ITEMS
from appliance.errors import ApplianceError
from appliance.migrating import stores
from appliance.timers.store import MIGRATIONS


def made(path: Path, version: int, *statements: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    for statement in (*statements, f"PRAGMA user_version = {version}"):
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("store", stores.STORES, ids=lambda store: store.path)
def test_from_nothing_to_the_present(store: stores.Store, tmp_path: Path) -> None:
    path = made(tmp_path / "x.db", 0)
    store.migrate(path)
    assert stores.version_of(path) == store.version
    store.migrate(path)
    assert stores.version_of(path) == store.version, "twice is as good as once"


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_timers_of_every_version_keep_what_they_hold(version: int, tmp_path: Path) -> None:
    path = made(tmp_path / "timers.sqlite", version, *MIGRATIONS[:version])
    if version:
        made(path, version, "INSERT INTO timers (body) VALUES ('{}')")
    timers = stores.STORES[0]
    timers.migrate(path)
    assert stores.version_of(path) == len(MIGRATIONS)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM timers").fetchone() == (int(version > 0),)
    connection.close()


@pytest.mark.parametrize("content", [b"no database at all " * 100, b"SQLite format 3\0" + b"\xff" * 500])
def test_a_damaged_file_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(ApplianceError, match="damaged"):
        stores.version_of(path)


def test_every_database_of_a_backup_has_a_version() -> None:
    assert {item.path for item in ITEMS if item.kind == "database"} <= {store.path for store in stores.STORES}
