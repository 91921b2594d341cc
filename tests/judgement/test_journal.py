"""When rows are written: refusals soon, the rest together, nothing of who is gone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from appliance.judgement.audit import Audit, Row
from appliance.judgement.errors import JudgementError
from appliance.judgement.identity.evidence import UNKNOWN, Identity
from appliance.judgement.journal import MAX_ROWS_AT_ONCE, Journal
from appliance.wire.messages import Deed
from tests.judgement.court import NOON

ANNA = Identity("Anna", "owner", 0.95, "voice")
MAYBE = Identity("Anna", "owner", 0.3, "room")
GONE = Identity("Gone", "adult", 0.95, "pin")
SECONDS = 10.0


def made(folder: Path, flush_seconds: float = 3_600.0) -> Journal:
    audit = Audit(folder / "audit.db", 30, 1_000)
    return Journal(audit, time.monotonic, lambda: NOON, "Anna".__eq__, flush_seconds=flush_seconds)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return made(tmp_path)


async def until_written(audit: Audit) -> None:
    async with asyncio.timeout(SECONDS):
        while audit.waiting:
            await asyncio.sleep(0.01)


async def test_a_refusal_is_written_long_before_the_next_batch(journal: Journal) -> None:
    journal.audit.open()
    ticks: list[int] = []
    task = asyncio.create_task(journal.write(lambda: ticks.append(1)))
    try:
        journal.note(ANNA, "hall", Row(0, "done", "light.turn_on", "light.x"))
        await asyncio.sleep(0.05)
        assert journal.audit.waiting == 1
        journal.note(ANNA, "hall", Row(0, "denied", "lock.unlock", "lock.x", reason="child"))
        await until_written(journal.audit)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert ticks == [1]
    found = await asyncio.to_thread(journal.audit.list)
    assert [(row.who, row.outcome, row.room, row.at) for row in found] == [
        ("Anna", "done", "hall", NOON.timestamp()), ("Anna", "denied", "hall", NOON.timestamp()),
    ]  # fmt: skip
    journal.audit.close()


async def test_the_rest_is_written_together(tmp_path: Path) -> None:
    journal = made(tmp_path, flush_seconds=0.05)
    journal.audit.open()
    journal.deeds("done", [Deed("light", "turn_on", ("light.x", "light.y"))], UNKNOWN, "hall")
    task = asyncio.create_task(journal.write(lambda: None))
    await until_written(journal.audit)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(await asyncio.to_thread(journal.audit.list)) == 2
    journal.audit.close()


async def test_a_disk_that_cannot_be_written_costs_no_more_than_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = made(tmp_path, flush_seconds=0.01)
    journal.note(ANNA, "hall", Row(0, "denied"))
    task = asyncio.create_task(journal.write(lambda: None))
    async with asyncio.timeout(SECONDS):
        while "is not open" not in caplog.text:
            await asyncio.sleep(0.01)
    assert not task.done()
    journal.audit.open()
    await until_written(journal.audit)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    journal.audit.close()


async def test_only_who_is_likely_and_still_known_is_named(journal: Journal) -> None:
    journal.audit.open()
    for identity in (ANNA, MAYBE, GONE, UNKNOWN):
        journal.note(identity, "hall", Row(0, "done"))
    found = await asyncio.to_thread(journal.audit.list)
    assert [(row.who, row.source) for row in found] == [("Anna", "voice"), ("", ""), ("", ""), ("", "")]
    journal.audit.close()


async def test_one_sentence_fills_no_book(journal: Journal) -> None:
    lights = Deed("light", "turn_on", tuple(f"light.x{number}" for number in range(1_000)))
    journal.deeds("done", [lights], UNKNOWN, "hall")
    assert journal.audit.waiting == MAX_ROWS_AT_ONCE
    with pytest.raises(JudgementError):
        journal.audit.flush()
