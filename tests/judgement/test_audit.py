"""The record: what is in it and what is not, how long, and after a power cut."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.judgement.audit import MAX_WAITING, Audit, Row
from appliance.judgement.errors import JudgementError
from tests.checkout import ROOT

DAY = 86_400.0
NOW = 1_800_000_000.0


def row(number: int = 0, **more: object) -> Row:
    fields = {"outcome": "done", "what": "light.turn_on", "entity": f"light.x{number}", "room": "hall"}
    return Row(NOW + number, **{**fields, **more})  # type: ignore[arg-type]


OPEN: list[Audit] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        with contextlib.suppress(JudgementError):
            OPEN.pop().close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "judgement" / "audit.db"


def opened(file: Path, days: int = 30, rows: int = 1_000) -> Audit:
    audit = Audit(file, days, rows)
    OPEN.append(audit)
    audit.open()
    return audit


def test_what_is_added_is_listed_also_after_a_restart(file: Path) -> None:
    audit = opened(file)
    audit.add(row(1))
    audit.add(row(2, who="Anna", source="voice", confidence=0.97312, outcome="denied", reason="rule"))
    assert [each.entity for each in audit.list()] == ["light.x1", "light.x2"]
    audit.close()
    again = opened(file)
    assert again.list(since=NOW + 2) == again.list(person="Anna") == again.list(limit=1)
    found = again.list(person="Anna")[0]
    assert (found.who, found.source, found.confidence, found.reason) == ("Anna", "voice", 0.973, "rule")
    assert again.count("denied", NOW) == 1
    assert again.count("denied", NOW + 3) == 0


def test_rows_and_days_are_bounded(file: Path) -> None:
    audit = opened(file, days=7, rows=10)
    for number in range(25):
        audit.add(row(number))
    assert [each.entity for each in audit.list()] == [f"light.x{number}" for number in range(15, 25)]
    audit.prune(NOW + 7 * DAY + 20)
    assert [each.entity for each in audit.list()] == [f"light.x{number}" for number in range(20, 25)]


def test_what_waits_is_bounded_and_what_is_lost_counted(file: Path) -> None:
    audit = opened(file, rows=10_000)
    for number in range(MAX_WAITING + 3):
        audit.add(row(number))
    assert (audit.waiting, audit.dropped) == (MAX_WAITING, 3)
    assert audit.list(limit=1)[0].entity == f"light.x{MAX_WAITING + 2}"
    assert audit.waiting == 0


def test_nothing_is_kept_when_nothing_may_be(file: Path) -> None:
    audit = opened(file, days=0)
    audit.add(row())
    assert audit.list() == []


def test_clear_leaves_no_trace(file: Path) -> None:
    audit = opened(file)
    for number in range(50):
        audit.add(row(number, entity="lock.zuckerhut"))
    audit.flush()
    assert b"zuckerhut" in file.read_bytes()
    assert audit.clear() == 50
    assert not any(b"zuckerhut" in path.read_bytes() for path in file.parent.iterdir())
    assert audit.list() == []


def test_a_person_is_forgotten_and_the_deeds_stay(file: Path) -> None:
    audit = opened(file)
    audit.add(row(1, who="Zuckerhut", source="pin", confidence=0.9))
    audit.flush()
    audit.add(row(2, who="Zuckerhut"))
    audit.add(row(3, who="Ben"))
    audit.forget("Zuckerhut")
    assert [each.who for each in audit.list()] == ["", "", "Ben"]
    assert not any(b"Zuckerhut" in path.read_bytes() for path in file.parent.iterdir())


def test_texts_are_cut(file: Path) -> None:
    audit = opened(file)
    audit.add(row(1, entity="x" * 10_000))
    assert len(audit.list()[0].entity) == 200


def test_a_full_or_closed_disk_is_an_error_and_the_rows_wait(file: Path) -> None:
    audit = opened(file)
    audit.close()
    audit.add(row())
    with pytest.raises(JudgementError, match="not open"):
        audit.flush()
    assert audit.waiting == 1


def test_a_power_cut_costs_the_last_moments_at_most(file: Path) -> None:
    """Killed while it writes without end: the file is whole, and so is every batch that was written."""
    program = (
        "import sys; from pathlib import Path; from appliance.judgement.audit import Audit, Row\n"
        "audit = Audit(Path(sys.argv[1]), 30, 100_000); audit.open()\n"
        "for batch in range(1_000_000):\n"
        "    for number in range(3): audit.add(Row(1.8e9, 'done', entity=f'light.{batch}'))\n"
        "    audit.flush(); print(batch, flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(5)]
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().splitlines()
    child.wait()
    child.stdout.close()
    told = int([*lines, *rest][-1])
    audit = opened(file, rows=100_000)
    names = [each.entity for each in audit.list(limit=1_000)]
    assert f"light.{told}" in names
    assert all(names.count(name) == 3 for name in set(names[3:]))


def test_damage_is_set_aside(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    audit = opened(file)
    audit.add(row())
    audit.close()
    file.write_bytes(b"not a database at all" * 1_000)
    fresh = opened(file)
    assert fresh.list() == []
    assert file.with_name("audit.db.damaged-1").exists()
    assert "is damaged" in caplog.text


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "judgement").write_text("a file")
    with pytest.raises(JudgementError, match="judgement"):
        opened(tmp_path / "judgement" / "audit.db")


def test_reading_while_another_thread_writes(file: Path) -> None:
    import threading

    audit = opened(file, rows=100_000)
    until = time.monotonic() + 0.2

    def write() -> None:
        while time.monotonic() < until:
            audit.add(row())
            audit.flush()

    writer = threading.Thread(target=write)
    writer.start()
    counts = []
    while writer.is_alive():
        counts.append(len(audit.list(limit=1_000)))
    writer.join()
    assert counts == sorted(counts)
