"""Files on a FAT file system inside a larger file, by mtools."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.flashing.conftest import MIB
from tests.flashing.conftest import fat as make
from tools.flashing import fat
from tools.flashing.errors import DeviceFailed

FILES = {"appliance.toml": b"x = 1\n", "wifi.toml": os.urandom(5000), "authorized_keys": b""}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(bytes(MIB) + make(tmp_path, "APPLIANCE", 1))
    return path


def test_files_are_put_over_older_ones_and_read_back(disk: Path) -> None:
    fat.require()
    fat.put(disk, MIB, {"appliance.toml": b"older and longer"})
    fat.put(disk, MIB, FILES)
    fat.check(disk, MIB, FILES)
    listed = subprocess.run(
        ["mdir", "-b", "-i", f"{disk}@@{MIB}", "::"], check=True, capture_output=True, text=True
    )
    assert {name.removeprefix("::/") for name in listed.stdout.split()} == set(FILES)
    assert not any(disk.read_bytes()[:MIB])


def test_a_file_that_changed_is_noticed(disk: Path) -> None:
    fat.put(disk, MIB, FILES)
    with pytest.raises(DeviceFailed, match=r"wifi\.toml"):
        fat.check(disk, MIB, {"wifi.toml": b"other"})


def test_without_room_it_is_noticed(disk: Path) -> None:
    large = {"large": bytes(2 * MIB)}
    fat.put(disk, MIB, large)
    with pytest.raises(DeviceFailed, match="does not give back large"):
        fat.check(disk, MIB, large)


def test_without_a_file_system_it_is_said(disk: Path) -> None:
    with pytest.raises(DeviceFailed, match="settings cannot be put"):
        fat.put(disk, 0, FILES)
