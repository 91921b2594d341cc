"""The note on the disk, and the clock that is set from it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from appliance.errors import ApplianceError
from appliance.machine_clock import decide, keeping
from appliance.machine_clock.decide import LATEST_S, Note

FUTURE = LATEST_S - 1.0
"""A time that this machine has not reached: its clock is behind."""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "clock" / "last-known.json"


def write(path: Path, wall_s: float) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(decide.encode(Note(wall_s)))


def test_a_clock_that_is_behind_is_set_forward(note: Path, tmp_path: Path) -> None:
    write(note, FUTURE)
    said, settings = tmp_path / "run" / "start.json", []
    start = keeping.forward(note, tmp_path / "none", said, settings.append)
    assert settings == [FUTURE]
    assert keeping.started(said) == start
    assert start.source == "last known"
    assert keeping.kept_time(said) is False


def test_a_clock_that_is_right_is_left_alone(note: Path, tmp_path: Path) -> None:
    write(note, time.time() - 100)
    said, settings = tmp_path / "start.json", []
    keeping.forward(note, tmp_path / "none", said, settings.append)
    assert settings == []
    assert keeping.kept_time(said) is True


def test_without_a_note_the_day_of_the_image_counts(note: Path, tmp_path: Path) -> None:
    image, settings = tmp_path / "release", []
    image.touch()
    os.utime(image, (FUTURE, FUTURE))
    assert keeping.forward(note, image, tmp_path / "start.json", settings.append).source == "image"
    assert settings == [FUTURE]


def test_who_may_not_set_the_clock_is_told(note: Path, tmp_path: Path) -> None:
    def refuse(_: float) -> None:
        raise PermissionError(1, "Operation not permitted")

    write(note, FUTURE)
    with pytest.raises(ApplianceError, match="CAP_SYS_TIME"):
        keeping.forward(note, tmp_path / "none", tmp_path / "start.json", refuse)
    assert keeping.kept_time(tmp_path / "start.json") is None


def test_the_time_is_written_down_once(note: Path, tmp_path: Path) -> None:
    marker = tmp_path / "synchronized"
    before = time.time()
    first = keeping.save(note, marker)
    assert first == keeping.read_note(note)
    assert first is not None
    assert before <= first.wall_s <= time.time()
    assert not first.synchronised
    assert keeping.save(note, marker) is None, "nothing new: no write"
    marker.touch()
    confirmed = keeping.save(note, marker)
    assert confirmed is not None
    assert confirmed.synchronised
    assert [each.name for each in note.parent.iterdir()] == [note.name]


def test_what_a_power_cut_left_behind_is_replaced(note: Path, tmp_path: Path) -> None:
    note.parent.mkdir()
    elsewhere = tmp_path / "elsewhere"
    note.with_name(f".{note.name}.part").symlink_to(elsewhere)
    keeping.save(note, tmp_path / "none")
    assert keeping.read_note(note) is not None
    assert not elsewhere.exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ApplianceError, match="cannot be written"):
        keeping.save(tmp_path / "file" / "note.json", tmp_path / "none")


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b'{"source": "dream", "wall_s": 1, "found_s": 1}'])
def test_what_nobody_said_is_not_known(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "start.json").write_bytes(raw)
    assert keeping.kept_time(tmp_path / "start.json") is None
