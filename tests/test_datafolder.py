"""A start finds room on a full disk, once somebody has started there before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from appliance import datafolder
from appliance.datafolder import BALLAST, BALLAST_BYTES, NEEDED_BYTES, PLENTY_BYTES, keep_room, make_room
from appliance.errors import ApplianceError


def test_ballast_is_kept_where_there_is_plenty(tmp_path: Path) -> None:
    keep_room(tmp_path, PLENTY_BYTES + 1)
    ballast = tmp_path / BALLAST
    assert (ballast.stat().st_blocks * 512, ballast.stat().st_mode & 0o777) == (BALLAST_BYTES, 0o600)
    keep_room(tmp_path, PLENTY_BYTES)
    keep_room(tmp_path, NEEDED_BYTES)
    assert ballast.exists()


def test_it_gives_way_to_a_start(tmp_path: Path) -> None:
    keep_room(tmp_path, PLENTY_BYTES + 1)
    make_room(tmp_path, NEEDED_BYTES)
    assert (tmp_path / BALLAST).exists()
    make_room(tmp_path, NEEDED_BYTES - 1)
    assert not (tmp_path / BALLAST).exists()
    keep_room(tmp_path, PLENTY_BYTES + 1)
    keep_room(tmp_path, NEEDED_BYTES - 1)
    assert not (tmp_path / BALLAST).exists()
    keep_room(tmp_path, NEEDED_BYTES - 1)  # it is gone already
    keep_room(tmp_path, PLENTY_BYTES)
    assert not (tmp_path / BALLAST).exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ApplianceError, match="cannot be made") as told:
        datafolder.prepare(tmp_path / "file" / "data")
    assert told.value.hint


def test_a_full_disk_has_room_again(small_disk: Path) -> None:
    datafolder.prepare(small_disk)
    full = f"of={small_disk / 'full'}"
    filled = subprocess.run(["dd", "if=/dev/zero", full, "bs=1M"], check=False, capture_output=True)
    assert b"No space left" in filled.stderr
    datafolder.prepare(small_disk)
    assert os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize >= BALLAST_BYTES
