"""How long a small write to the store takes: some are made as timers and audit make them, and removed."""

from __future__ import annotations

import contextlib
import math
import time
from pathlib import Path

from appliance.judgement.database import Database
from appliance.judgement.errors import JudgementError

FILE = "write-probe.sqlite"
SCHEMA = "CREATE TABLE IF NOT EXISTS written (at INTEGER PRIMARY KEY, word TEXT)"
WRITES = 20


def write_p95_ms(data: Path, writes: int = WRITES) -> float | None:
    """So long 19 of 20 commits took at most; None when nothing can be written there. Blocks up to seconds."""
    if not data.is_dir():
        return None
    path = data / FILE
    database = Database(path, SCHEMA, 1)
    took = []
    try:
        database.open()
        for number in range(writes):
            begin = time.monotonic()
            with database.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO written VALUES (?, ?)", (number, "x" * 200))
            took.append((time.monotonic() - begin) * 1000)
    except JudgementError:
        return None
    finally:
        database.close()
        for leftover in (path, path.with_name(f"{FILE}-journal")):
            with contextlib.suppress(OSError):  # the disk went away, or is full: it is overwritten next time
                leftover.unlink(missing_ok=True)
    return round(sorted(took)[max(0, math.ceil(0.95 * len(took)) - 1)], 2) if took else None
