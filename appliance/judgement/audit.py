"""Who had what done, where, when, and what came of it. Never the words, and no data of a service call.

Rows are kept in memory for up to `FLUSH_SECONDS` and written together: a power cut costs those, and never the
file. Refusals and wrong PINs do not wait (`Judge`).
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import Literal, get_args

import msgspec

from appliance.judgement.database import Database
from appliance.judgement.errors import JudgementError

FLUSH_SECONDS = 3.0
"""How long a row waits at most until it is written."""
MAX_WAITING = 1_000
MAX_TEXT = 200
MAX_LISTED = 1_000
SECONDS_OF_A_DAY = 86_400.0
VERSION = 1

Outcome = Literal[
    "allowed", "asked", "confirmed", "denied", "declined", "expired", "wrong_pin", "done", "failed",
]  # fmt: skip
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, source TEXT NOT NULL,
    confidence REAL NOT NULL, room TEXT NOT NULL, what TEXT NOT NULL, entity TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
"""
_COLUMNS = "at, who, source, confidence, room, what, entity, outcome, reason"


class Row(msgspec.Struct, frozen=True):
    """One thing that was done, asked for or refused. `at` is in seconds since 1970."""

    at: float
    outcome: Outcome
    what: str = ""
    """Domain and service: "lock.unlock"."""
    entity: str = ""
    """Its id."""
    room: str = ""
    who: str = ""
    """The person; "" when that is not known."""
    source: str = ""
    """What "who" rests on: "voice", "room", "pin"."""
    confidence: float = 0.0
    reason: str = ""
    """A keyword of ours ("child", "late"), never a sentence of a person's."""


class Audit:
    """The record. Any thread may use it; nothing but `add` is quick."""

    def __init__(self, path: Path, days: int, rows: int) -> None:
        """`days` 0 keeps nothing."""
        self._database = Database(path, _SCHEMA, VERSION)
        self._days = days
        self._rows = rows
        self._waiting: deque[Row] = deque(maxlen=MAX_WAITING)
        self._lock = threading.Lock()
        self.dropped = 0
        """Rows that were lost because nothing could be written."""

    def open(self) -> None:
        """Raises JudgementError."""
        self._database.open()

    def close(self) -> None:
        """Write what waits. Raises JudgementError when it cannot be written; it is closed then too."""
        try:
            self.flush()
        finally:
            self._database.close()

    def reconfigure(self, days: int, rows: int) -> None:
        """Another retention, from the next write on."""
        self._days, self._rows = days, rows

    def add(self, row: Row) -> None:
        """Remember this; written with the next `flush`."""
        if self._days == 0:
            return
        with self._lock:
            self.dropped += len(self._waiting) == MAX_WAITING
            self._waiting.append(_bounded(row))

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return len(self._waiting)

    def flush(self) -> None:
        """Write what waits. Raises JudgementError; it goes on waiting then."""
        with self._lock:
            rows = list(self._waiting)
            if rows:
                self._write(rows)
                self._waiting.clear()

    def _write(self, rows: list[Row]) -> None:
        names = _COLUMNS.split(", ")
        values = [tuple(getattr(row, name) for name in names) for row in rows]
        with self._database.transaction() as connection:
            connection.executemany(
                f"INSERT INTO audit ({_COLUMNS}) VALUES ({', '.join('?' * len(names))})",  # noqa: S608 - constants
                values,
            )
            connection.execute("DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - ?", (self._rows,))

    def prune(self, now: float) -> None:
        """Forget what is older than it may be. `now` in seconds since 1970. Raises JudgementError."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM audit WHERE at < ?", (now - self._days * SECONDS_OF_A_DAY,))

    def list(self, since: float = 0.0, person: str = "", limit: int = 100) -> list[Row]:
        """The newest `limit` rows, oldest first. Raises JudgementError."""
        self.flush()
        with self._database.transaction() as connection:
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM audit WHERE at >= ? AND (? = '' OR who = ?)"  # noqa: S608 - constants
                " ORDER BY id DESC LIMIT ?",
                (since, person, person, max(0, min(limit, MAX_LISTED))),
            ).fetchall()
        names = _COLUMNS.split(", ")
        try:
            return [msgspec.convert(dict(zip(names, row, strict=True)), Row) for row in reversed(found)]
        except msgspec.ValidationError as error:
            raise JudgementError(f"the audit is damaged: {error}", "appliance audit clear") from error

    def count(self, outcome: Outcome, since: float) -> int:
        """How many of this kind there are since then. Raises JudgementError."""
        with self._database.transaction() as connection:
            query = "SELECT COUNT(*) FROM audit WHERE outcome = ? AND at >= ?"
            return int(connection.execute(query, (outcome, since)).fetchone()[0])

    def clear(self) -> int:
        """Forget everything, for good; how many rows it was. Raises JudgementError."""
        self.flush()
        with self._database.transaction() as connection:
            gone = connection.execute("DELETE FROM audit").rowcount
        self._database.shrink()
        return int(gone)

    def forget(self, person: str) -> None:
        """This person's deeds become nobody's, for good. Raises JudgementError."""
        self.flush()
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE audit SET who = '', source = '', confidence = 0 WHERE who = ?", (person,)
            )
        self._database.shrink()


def _bounded(row: Row) -> Row:
    """With every text short."""
    return msgspec.structs.replace(
        row,
        what=row.what[:MAX_TEXT],
        entity=row.entity[:MAX_TEXT],
        room=row.room[:MAX_TEXT],
        who=row.who[:MAX_TEXT],
        reason=row.reason[:MAX_TEXT],
        confidence=round(row.confidence, 3),
    )
