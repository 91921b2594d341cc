"""Writes in order, off the event loop, and never waited for without end."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from appliance.timers import writer
from appliance.timers.model import Timer, TimerError
from appliance.timers.store import FILE
from appliance.timers.writer import MAX_WAITING, Writer

HELD = Timer(1, "timer", "paused", left_s=5.0)


async def test_writes_are_in_order(tmp_path: Path) -> None:
    one = Writer(tmp_path)
    await one.open()
    await asyncio.gather(*(one.put({1: HELD if number % 2 else None}, None) for number in range(20)))
    await one.close()
    other = Writer(tmp_path)
    assert (await other.open()).timers == (HELD,)
    await other.close()


async def test_too_many_are_refused_and_a_locked_file_is_told(tmp_path: Path) -> None:
    one = Writer(tmp_path)
    await one.open()
    lock = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    waiting = [asyncio.create_task(one.put({1: HELD}, None)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TimerError, match="keep up"):
        await one.put({1: HELD}, None)
    lock.execute("ROLLBACK")
    lock.close()
    await asyncio.gather(*waiting)
    await one.close()


async def test_a_disk_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WRITE_SECONDS", 0.05)
    one = Writer(tmp_path)
    await one.open()
    lock = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TimerError, match="more than"):
        await one.put({1: HELD}, None)
    lock.execute("ROLLBACK")
    lock.close()
    monkeypatch.setattr(writer, "WRITE_SECONDS", 5.0)
    await one.put({}, None)
    await one.close()
