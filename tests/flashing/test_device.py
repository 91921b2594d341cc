"""Opening a disk: alone or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.flashing.conftest import MIB, MakeLoop
from tools.flashing import device
from tools.flashing.errors import DeviceFailed, FlashError, Refused


def test_it_says_what_it_is(loop: MakeLoop) -> None:
    with device.opened(loop(2)) as disk:
        assert (disk.size, disk.sector_bytes, disk.read_only) == (2 * MIB, 512, False)
        assert [disk.padded(length) for length in (0, 1, 512, 513)] == [0, 512, 512, 1024]


def test_two_do_not_get_it_at_once(loop: MakeLoop) -> None:
    path = loop(2)
    with device.opened(path), pytest.raises(Refused, match="in use"), device.opened(path):
        pass
    with device.opened(path):
        pass


def test_the_kernel_refuses_what_is_mounted(loop: MakeLoop, tmp_path: Path) -> None:
    path = loop(8)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)
    done = subprocess.run(["mount", path, tmp_path], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    try:
        with pytest.raises(Refused, match="in use"), device.opened(path):
            pass
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_read_only_disk_is_refused(loop: MakeLoop) -> None:
    with pytest.raises(Refused, match="is read-only"), device.opened(loop(2, "--read-only")):
        pass


def test_behind_the_end_there_is_nothing(loop: MakeLoop) -> None:
    with device.opened(loop(2)) as disk:
        with pytest.raises(DeviceFailed, match="ends at byte"):
            disk.read(device.buffer()[:4096], 2 * MIB)
        with pytest.raises(DeviceFailed):
            disk.write(device.buffer()[:4096], 2 * MIB)


def test_what_is_written_is_on_the_disk_at_once(loop: MakeLoop, tmp_path: Path) -> None:
    path = loop(2)
    content = device.buffer()[:8192]
    content[:] = b"x" * 8192
    with device.opened(path) as disk:
        disk.write(content, MIB)
        disk.discard(0, 4096)
        disk.flush()
        assert disk.reread_partitions() in {True, False}
    assert (tmp_path / "disk0").read_bytes()[MIB : MIB + 8192] == b"x" * 8192


def test_a_name_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="cannot be opened"), device.opened(tmp_path / "none"):
        pass
