"""The databases and their versions: what a file says it is, what it should be, and the way there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import msgspec

from appliance.errors import ApplianceError
from appliance.history import store as history
from appliance.judgement import audit
from appliance.judgement.identity import profiles
from appliance.timers import store as timers


class Store(msgspec.Struct, frozen=True):
    """One database, by its path below the data directory."""

    path: str
    version: int
    """What this program writes."""
    migrate: Callable[[Path], None]
    """Brings a file that nobody else uses to it. Raises ApplianceError, sqlite3.Error."""


def version_of(path: Path) -> int:
    """What the file says. Raises ApplianceError when it is no database."""
    try:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise ApplianceError(
            f"{path} is damaged: {error}", "start the appliance: it mends it from the newest snapshot"
        ) from error
    return int(found)


def _timers(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        done = connection.execute("PRAGMA user_version").fetchone()[0]
        for number, statement in enumerate(timers.MIGRATIONS[done:], done + 1):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")


class _Opens(Protocol):
    """What brings its own file to the present form when it is opened."""

    def open(self) -> None: ...

    def close(self) -> None: ...


def _by_opening(make: Callable[[Path], _Opens]) -> Callable[[Path], None]:
    def migrate(path: Path) -> None:
        store = make(path)
        store.open()
        store.close()

    return migrate


STORES = (
    Store(timers.FILE, len(timers.MIGRATIONS), _timers),
    Store("judgement/people.db", profiles.VERSION, _by_opening(profiles.Profiles)),
    Store("judgement/audit.db", audit.VERSION, _by_opening(lambda path: audit.Audit(path, 1, 1))),
    Store(history.NAME, history.VERSION, _by_opening(history.Store)),
)
