"""The file of what was said: nothing by default, and never more than it may be.

What waits is held in memory and written together, so that a slow card is spared: a power cut costs the last
`history.history.WRITE_SECONDS`.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import msgspec

from appliance.judgement.database import Database
from appliance.judgement.errors import JudgementError

NAME = "history.sqlite"
MAX_WAITING = 200
MAX_WORDS = 500
MAX_ANSWER = 2_000
MAX_LISTED = 1_000
SECONDS_OF_A_DAY = 86_400.0
VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS exchange (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, room TEXT NOT NULL, words TEXT NOT NULL,
    answer TEXT NOT NULL, done INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_at ON exchange (at);
"""


class Exchange(msgspec.Struct, frozen=True):
    """One sentence and its answer. `at` is in seconds since 1970."""

    at: float
    room: str
    words: str
    answer: str
    """As much of it as was heard."""
    done: bool
    """Was anything really done?"""


def path_of(data: Path) -> Path:
    """Where it lies in a data directory."""
    return data / NAME


class Store:
    """Any thread may use it; nothing but `add` is quick. Raises JudgementError where it says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = Database(path, _SCHEMA, VERSION)
        self._waiting: deque[Exchange] = deque(maxlen=MAX_WAITING)
        self._lock = threading.Lock()

    def open(self) -> None:
        """Raises JudgementError."""
        self._database.open()

    def close(self) -> None:
        """Let go of the file; what waits is lost unless it was flushed."""
        self._database.close()

    def remove(self) -> None:
        """Forget everything, the file too. Raises JudgementError."""
        self._database.close()
        self._waiting.clear()
        for path in (self._path, *self._path.parent.glob(f"{self._path.name}?*")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise JudgementError(f"{path} cannot be removed: {error.strerror}", "whose is it?") from error

    @property
    def waiting(self) -> int:
        """How many are not written yet."""
        return len(self._waiting)

    def add(self, exchange: Exchange) -> None:
        """Remember this; written with the next `flush`."""
        short = msgspec.structs.replace(
            exchange, words=exchange.words[:MAX_WORDS], answer=exchange.answer[:MAX_ANSWER]
        )
        self._waiting.append(short)

    def flush(self, now: float, days: int, rows: int) -> None:
        """Write what waits, and forget what is older or more than may be. Raises JudgementError."""
        with self._lock:
            new = list(self._waiting)
            with self._database.transaction() as connection:
                connection.executemany(
                    "INSERT INTO exchange (at, room, words, answer, done) VALUES (?, ?, ?, ?, ?)",
                    [(each.at, each.room, each.words, each.answer, each.done) for each in new],
                )
                connection.execute("DELETE FROM exchange WHERE at < ?", (now - days * SECONDS_OF_A_DAY,))
                connection.execute(
                    "DELETE FROM exchange WHERE id <= (SELECT MAX(id) FROM exchange) - ?", (rows,)
                )
            for _ in new:
                self._waiting.popleft()

    def list(self, since: float = 0.0, limit: int = 100) -> list[Exchange]:
        """The newest `limit` that are written, oldest first. Raises JudgementError."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT at, room, words, answer, done FROM exchange WHERE at >= ? ORDER BY id DESC LIMIT ?",
                (since, max(0, min(limit, MAX_LISTED))),
            ).fetchall()
        names = Exchange.__struct_fields__
        try:
            rows = [dict(zip(names, row, strict=True)) for row in reversed(found)]
            return [msgspec.convert(row, Exchange, strict=False) for row in rows]
        except msgspec.ValidationError as error:
            raise JudgementError(f"{self._path} is damaged: {error}", "appliance history clear") from error

    def clear(self) -> int:
        """Forget everything, for good; how many it was. Raises JudgementError."""
        with self._lock:
            gone = len(self._waiting)
            self._waiting.clear()
            with self._database.transaction() as connection:
                gone += connection.execute("DELETE FROM exchange").rowcount
        self._database.shrink()
        return gone
