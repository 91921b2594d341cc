"""SQLite: a copy of a database that others write, and a look whether a copy is whole."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from appliance.backup.errors import BackupError

COPY_SECONDS = 30.0
CHECK_SECONDS = 120.0
POLL_SECONDS = 0.02
WAITING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
STEPS = 1_000
"""Virtual machine instructions of SQLite between two looks at the clock."""


class _TooSlow(Exception):
    pass


def _address(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def copy(source: Path, target: Path, seconds: float = COPY_SECONDS) -> None:
    """The database as it is at one moment, by SQLite's online backup; `source` may be in use.

    All pages in one step: whoever writes meanwhile waits for some milliseconds, and is never half in it.
    Raises BackupError when it is damaged, or locked all the time.
    """
    deadline = time.monotonic() + seconds

    def progress(status: int, _left: int, _total: int) -> None:
        if status in WAITING and time.monotonic() > deadline:
            raise _TooSlow

    try:
        with (
            contextlib.closing(sqlite3.connect(_address(source, "rw"), uri=True, timeout=seconds)) as live,
            contextlib.closing(sqlite3.connect(target)) as fresh,
        ):
            live.backup(fresh, pages=-1, progress=progress, sleep=POLL_SECONDS)
            fresh.execute("PRAGMA journal_mode=DELETE").fetchall()
    except _TooSlow as error:
        raise BackupError(
            f"{source} was locked for {seconds:g} seconds", "who uses it? try: fuser -v on that file"
        ) from error
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied: {error}", "appliance doctor") from error


def check(path: Path, name: str, seconds: float = CHECK_SECONDS) -> None:
    """Raises BackupError when the database is damaged. Nothing in it is trusted, nothing is written."""
    trouble = _trouble(path, _deadline(seconds))
    if trouble:
        raise BackupError(
            f"the database {name} is damaged: {trouble[:200]}",
            "the appliance sets a damaged database aside when it starts; or restore an older backup",
        )


def _deadline(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _trouble(path: Path, late: Callable[[], bool]) -> str:
    try:
        address = f"{_address(path, 'ro')}&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            connection.set_progress_handler(late, STEPS)
            connection.execute("PRAGMA trusted_schema=OFF").fetchall()
            connection.execute("PRAGMA cell_size_check=ON").fetchall()
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    except UnicodeDecodeError:
        return "what it holds is no text"  # SQLite's own complaint quotes the damaged bytes
    return "" if found == ("ok",) else str(found[0])


NOT_ITS_FAULT = frozenset(
    {
        *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM),
        *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN),
        *(sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_AUTH),
    }
)
"""What the machine does to a database says nothing about the file."""


def trouble(path: Path, seconds: float = CHECK_SECONDS) -> str:
    """Why a database that nobody else uses is damaged; "" when it is whole, or when that cannot be told.

    What a power cut left half done is rolled back first, as whoever opens it next would do.
    """
    try:
        with contextlib.closing(sqlite3.connect(_address(path, "rw"), uri=True, timeout=0)) as connection:
            connection.set_progress_handler(_deadline(seconds), STEPS)
            connection.execute("PRAGMA trusted_schema=OFF").fetchall()
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return "" if code in NOT_ITS_FAULT else str(error)[:200]
    except UnicodeDecodeError:
        return "what it holds is no text"
    return "" if found == ("ok",) else str(found[0])[:200]


def readable(path: Path, query: str) -> bool:
    """Does a damaged database still answer this with a row? Nothing is written."""
    try:
        address = f"{_address(path, 'ro')}&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            # Without it SQLite refuses a file that is shorter than it says it is.
            connection.execute("PRAGMA writable_schema=ON").fetchall()
            return connection.execute(query).fetchone() is not None
    except (sqlite3.Error, UnicodeDecodeError):
        return False
