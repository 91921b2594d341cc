"""What is asked of the running appliance: its log, and a snapshot."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from appliance.acceptance import result
from appliance.acceptance.result import Result
from appliance.backup import inspecting, passphrase
from appliance.config.model import Config
from appliance.control import ControlClient, asked, socket_path
from appliance.errors import ApplianceError, ControlError
from appliance.observe import entries
from appliance.observe.entries import Entry, Wanted

SLOW_MS = 100.0
MAX_PAGES = 100


async def log_queries(config: Config) -> Result:
    """Everything, errors, what was slow, and the newest turn by its trace."""
    path = socket_path(Path(config.paths.data))
    began = time.monotonic()
    answered: dict[str, int] = {}
    try:
        lines = await _lines(path)
        answered["all"] = len(lines)
        answered["errors"] = _count(lines, Wanted(errors=True))
        answered["slow"] = _count(lines, Wanted(slower_than_ms=SLOW_MS))
        trace = next((each.trace_id for each in reversed(lines) if each.trace_id), "")
        if trace:
            answered[f"trace {trace[:8]}"] = _count(await _lines(path), Wanted(trace=trace))
    except ControlError as error:
        return result.log_queries(answered, 0.0, error.message)
    return result.log_queries(answered, time.monotonic() - began)


async def _lines(path: Path) -> list[Entry]:
    found: list[Entry] = []
    after = 0
    async with ControlClient(path) as client:
        for _ in range(MAX_PAGES):
            page = await client.ask("logs", after=after)
            found += [entries.from_line(line.encode()) for line in page["lines"]]
            after = page["next"]
            if not page["more"]:
                break
    return found


def _count(lines: list[Entry], wanted: Wanted) -> int:
    return sum(map(wanted.fits, lines))


async def backup(config: Config) -> Result:
    """Have a snapshot taken, unpack it, look at everything in it."""
    try:
        taken = await asked(Path(config.paths.data), "backup_take")
        done = time.monotonic()
        files = await asyncio.to_thread(_verified, config, taken)
    except ApplianceError as error:
        return result.backup(None, 0, error.message, error.hint)
    return result.backup(time.monotonic() - done, files)


def _verified(config: Config, taken: dict[str, Any]) -> int:
    """How many files are in it. Raises ApplianceError."""
    path = Path(str(taken["path"]))
    secret = passphrase.find(None, config, os.environ, new=False) if path.name.endswith(".sealed") else ""
    return len(inspecting.verify(path, secret).files)
