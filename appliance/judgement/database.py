"""Opening a small private SQLite file that survives power cuts and forgets what it is told to forget.

One file, no write-ahead log (its pages would outlive a deletion), every commit synchronised, deleted content
overwritten. A file that is no database any more is set aside under another name, and a new one is begun.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from appliance.judgement.errors import JudgementError

LOG = logging.getLogger(__name__)
BUSY_SECONDS = 2.0
MAX_DAMAGED = 3
"""Damaged files that are kept; older ones go."""


class Database:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self._path = path
        self._schema = schema
        self._version = version
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open or make it. Raises JudgementError."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._connection = self._opened()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._set_aside(error)
                self._connection = self._opened()
        except (OSError, sqlite3.Error) as error:
            raise JudgementError(
                f"{self._path} cannot be used: {error}", "is the disk full, or is it another user's?"
            ) from error

    def close(self) -> None:
        """Close it; may be called twice."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing. Raises JudgementError when it cannot be read or written."""
        with self._lock:
            if self._connection is None:
                raise JudgementError(f"{self._path} is not open", "is the appliance stopping?")
            try:
                with self._connection:
                    yield self._connection
            except sqlite3.Error as error:
                raise JudgementError(
                    f"{self._path}: {error}", "is the disk full? see: appliance doctor"
                ) from error

    def shrink(self) -> None:
        """Write the whole file anew without what was deleted. Raises JudgementError."""
        with self._lock:
            if self._connection is not None:
                try:
                    self._connection.execute("VACUUM")
                except sqlite3.Error as error:
                    raise JudgementError(f"{self._path}: {error}", "is the disk full?") from error

    def _opened(self) -> sqlite3.Connection:
        # Made by us before SQLite does it, so that nobody else may ever read it.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            self._prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        except UnicodeDecodeError as error:  # SQLite's own complaint quotes the damaged bytes
            connection.close()
            raise sqlite3.DatabaseError("what it holds is no text") from error
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("its pages are damaged")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in {0, self._version}:
            raise sqlite3.OperationalError(f"it is of version {found}, made by a newer appliance")
        with connection:
            connection.executescript(self._schema)
            connection.execute(f"PRAGMA user_version={self._version}")

    def _set_aside(self, error: sqlite3.Error) -> None:
        for number in range(1, MAX_DAMAGED + 1):
            aside = self._path.with_name(f"{self._path.name}.damaged-{number}")
            if not aside.exists() or number == MAX_DAMAGED:
                break
        self._path.replace(aside)
        LOG.error("%s is damaged (%s); it is kept as %s, and a new one begun", self._path, error, aside.name)
