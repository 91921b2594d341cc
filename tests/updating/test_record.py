"""What is kept about the slots."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.updating import record
from appliance.updating.errors import SlotError
from appliance.updating.record import Content, Record
from appliance.updating.slots import Note


def test_what_is_written_is_read(tmp_path: Path) -> None:
    known = record.with_content(Record(epoch=3), "B", Content("armed", "2.0", 3))
    record.write(tmp_path / "deep" / "er", known)
    assert record.read(tmp_path / "deep" / "er") == known
    assert (known.marks, known.epochs) == (("unknown", "armed"), (0, 3))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 7}', b"\xff", b"x" * 100_000])
def test_a_damaged_record_is_a_new_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / record.FILE).write_bytes(content)
    assert record.read(tmp_path) == Record()


def test_a_mark_keeps_the_version() -> None:
    known = record.with_content(Record(), "B", Content("writing", "2.0", 3))
    assert record.noted(known, Note("B", "armed")).b == Content("armed", "2.0", 3)


def test_failed_versions_are_remembered_and_bounded() -> None:
    known = Record()
    for number in range(40):
        known = record.failed(known, f"{number}.0", "why" * 1_000)
    known = record.failed(known, "39.0", "again")
    assert len(known.failed) == record.MAX_FAILED
    assert known.failed[-1] == "39.0"
    assert known.failed.count("39.0") == 1
    assert known.last is not None
    assert known.last.reason == "again"


def test_a_commit_forgives_and_raises_the_epoch_only_upwards() -> None:
    known = record.failed(Record(epoch=5), "2.0", "power")
    known = record.committed(known, "B", "2.0", 4)
    assert (known.failed, known.last, known.epoch, known.b.mark) == ((), None, 5, "good")


def test_a_disk_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SlotError, match="cannot be written"):
        record.write(tmp_path / "file" / "folder", Record())
