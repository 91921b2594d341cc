"""Timers on disk: one SQLite file below the data directory. Blocking: `writer.py` keeps it off the loop.

What was confirmed aloud must survive a power cut an instant later, on an SD card. So a change is one
transaction with `journal_mode=DELETE` and `synchronous=EXTRA`: SQLite syncs the journal, the file, and the
directory out of which the journal was removed, before `commit` returns. With FULL the removal itself may be
lost, and the journal then rolls a confirmed timer back. A write-ahead log would be quicker, but nobody sets a
hundred timers a second, and it keeps deleted words until it is overwritten; `secure_delete` would not reach
them.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from appliance.timers.model import MAX_LABEL, MAX_TEXT, MAX_TIMERS, Now, Timer, TimerError

LOG = logging.getLogger(__name__)
FILE = "timers.sqlite"
SET_ASIDE = "timers.sqlite.damaged"
"""Only the last one is kept: it holds words."""
MAX_BYTES = 16 * 1024 * 1024
"""A hundred timers take 50 kB; a larger file is not ours."""
MAX_BODY = 8 * 1024
BUSY_SECONDS = 2.0
MACHINE_ERRORS = frozenset(
    {
        *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM),
        *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN),
    }
)
"""Not the file's fault: it is not set aside for them."""

MIGRATIONS: tuple[str, ...] = (
    "CREATE TABLE timers (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)",
    "CREATE TABLE seen (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL)",
)
"""The file's `user_version` is how many of these it has behind it. Only ever add to the end."""

_T = TypeVar("_T")
_ENCODE = msgspec.json.Encoder().encode
_TIMER = msgspec.json.Decoder(Timer)
_NOW = msgspec.json.Decoder(Now)


class Loaded(msgspec.Struct, frozen=True):
    """What was found. `damaged` says that something may be lost."""

    timers: tuple[Timer, ...] = ()
    seen: Now | None = None
    damaged: bool = False
    last_id: int = 0
    """The largest number that was ever given: AUTOINCREMENT remembers it."""


class Store:
    """The file. Every method blocks; all of them belong to one thread."""

    def __init__(self, data: Path) -> None:
        self.path = data / FILE
        self._connection: sqlite3.Connection | None = None

    def open(self) -> Loaded:
        """Everything that is kept. A damaged file is set aside. Raises TimerError when none can be made."""
        try:
            return self._open()
        except _Damaged as damage:
            rescued = self._rescued()
            LOG.warning(
                "%s is damaged (%s): it is now %s, and %d timers were saved from it",
                *(self.path, damage, SET_ASIDE, len(rescued)),
            )
            self._set_aside()
        try:
            self._open()
            self.put({timer.id: timer for timer in rescued})
        except _Damaged as damage:
            raise _cannot(self.path, str(damage)) from damage
        return Loaded(rescued, damaged=True)

    def put(self, changes: Mapping[int, Timer | None], seen: Now | None = None) -> None:
        """Write all of it, or nothing; None removes. On disk when this returns. Raises TimerError."""
        if self._connection is None:
            raise TimerError("timers cannot be kept: their file is not open")
        try:
            with self._connection as transaction:
                transaction.execute("BEGIN IMMEDIATE")
                for number, timer in changes.items():
                    _write(transaction, number, timer)
                if seen is not None:
                    transaction.execute("INSERT OR REPLACE INTO seen VALUES (1, ?)", (_text(seen),))
        except sqlite3.Error as error:
            raise _cannot(self.path, str(error)) from error

    def close(self) -> None:
        """May be called twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Loaded:
        try:
            self._connected()
            assert self._connection is not None
            _migrate(self._connection)
            _check(self._connection)
            return _load(self._connection)
        except OSError as error:
            raise _cannot(self.path, error.strerror or str(error)) from error
        except sqlite3.Error as error:
            self.close()
            if error.sqlite_errorcode & 0xFF in MACHINE_ERRORS:
                raise _cannot(self.path, str(error)) from error
            raise _Damaged(str(error)) from error
        except UnicodeDecodeError as error:  # SQLite's own complaint quotes the damaged bytes
            self.close()
            raise _Damaged("what it holds is no text") from error
        except _Damaged:
            self.close()
            raise

    def _connected(self) -> None:
        self.path.touch(mode=0o600)
        size = self.path.stat().st_size
        if size > MAX_BYTES:
            raise _Damaged(f"{size} bytes")
        connection = self._connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "secure_delete=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    def _rescued(self) -> tuple[Timer, ...]:
        """What can still be read of a damaged file."""
        found: list[Timer] = []
        address = f"file:{self.path.as_posix().replace('%', '%25').replace('?', '%3f').replace('#', '%23')}"
        with (
            contextlib.suppress(sqlite3.Error, UnicodeDecodeError),
            contextlib.closing(sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True)) as connection,
        ):
            # Without it SQLite refuses a file that is shorter than it says it is.
            connection.execute("PRAGMA writable_schema=ON")
            found.extend(_timers(connection))
        return tuple(found)

    def _set_aside(self) -> None:
        try:
            self.path.replace(self.path.with_name(SET_ASIDE))
            for journal in (f"{FILE}-journal", f"{FILE}-wal", f"{FILE}-shm"):
                self.path.with_name(journal).unlink(missing_ok=True)
        except OSError as error:
            raise _cannot(self.path, error.strerror or str(error)) from error


class _Damaged(Exception):
    """Not a file that this program could have left behind."""


def _cannot(path: Path, why: str) -> TimerError:
    return TimerError(f"timers cannot be kept in {path}: {why}", "is the disk full, or read-only? see: df -h")


def _migrate(connection: sqlite3.Connection) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 0 <= version <= len(MIGRATIONS):
        raise _Damaged(f"version {version}, and this program knows {len(MIGRATIONS)}")
    for number, statement in enumerate(MIGRATIONS[version:], version + 1):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                raise _Damaged(f"version {version} with other tables: {error}") from error
            connection.execute(f"PRAGMA user_version = {number}")


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != ("ok",):
        raise _Damaged(str(found[0])[:200])


def _load(connection: sqlite3.Connection) -> Loaded:
    try:
        rows: int = connection.execute("SELECT count(*) FROM timers").fetchone()[0]
        timers = tuple(_timers(connection))
        line = connection.execute("SELECT body FROM seen").fetchone()
        last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'timers'").fetchone()
    except sqlite3.OperationalError as error:
        raise _Damaged(f"other tables: {error}") from error
    if len(timers) < rows:
        LOG.warning("%d kept timers cannot be read any more", rows - len(timers))
    seen = _decoded(_NOW, line[0]) if line else None
    last_id = last[0] if last and isinstance(last[0], int) else 0
    return Loaded(timers, seen, len(timers) < rows, last_id)


def _timers(connection: sqlite3.Connection) -> Iterator[Timer]:
    for number, body in connection.execute("SELECT id, body FROM timers ORDER BY id LIMIT ?", (MAX_TIMERS,)):
        timer = _decoded(_TIMER, body)
        if timer is not None and timer.id == number and not timer.over:
            fits = len(timer.label) <= MAX_LABEL and len(timer.text) <= MAX_TEXT
            if fits:
                yield timer


def _decoded(decoder: msgspec.json.Decoder[_T], body: object) -> _T | None:
    if not isinstance(body, str) or len(body) > MAX_BODY:
        return None
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def _text(value: Timer | Now) -> str:
    return _ENCODE(value).decode()


def _write(transaction: sqlite3.Connection, number: int, timer: Timer | None) -> None:
    if timer is None:
        transaction.execute("DELETE FROM timers WHERE id = ?", (number,))
    else:
        transaction.execute("INSERT OR REPLACE INTO timers VALUES (?, ?)", (number, _text(timer)))
