"""What is written to the disk, counted by the kernel, and whether it still can be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.observe import writes
from appliance.observe.writes import DAY_SECONDS, KEPT, Pace, Store, Writes

STAT = "  3102 0 5 4 8239 55 9318284 22609 0 9040 28534 170 0 2004664 302 543 1285\n"
IO = "rchar: 1\nwchar: 99\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n"
MB = 1_000_000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (STAT, 9318284 * 512),
        ("", None),
        ("1 2 3", None),
        ("1 2 3 4 5 6 many", None),
        ("1 2 3 4 5 6 -7", None),
    ],
)
def test_sectors_of_a_partition(text: str, number: int | None) -> None:
    assert writes.sectors(text) == number


@pytest.mark.parametrize(("text", "number"), [(IO, 4096), ("", 0), ("write_bytes: x", 0)])
def test_bytes_of_a_process(text: str, number: int) -> None:
    assert writes.written(text) == number


def test_bytes_of_a_group() -> None:
    text = "8:0 rbytes=1 wbytes=4096 rios=1 wios=1 dbytes=0\n259:0 rbytes=5 wbytes=100 rios=1\n"
    assert writes.group_bytes(text) == 4196
    assert writes.group_bytes("") == 0


@given(st.text(max_size=200))
def test_no_text_of_the_kernel_makes_trouble(text: str) -> None:
    assert writes.sectors(text) is None or writes.sectors(text) >= 0  # type: ignore[operator]
    assert writes.written(text) >= 0
    assert writes.group_bytes(text) >= 0


def test_the_disk_that_holds_a_folder(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    folder = tmp_path / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
    assert writes.disk_bytes(tmp_path, tmp_path) is None
    folder.mkdir(parents=True)
    (folder / "stat").write_text(STAT)
    assert writes.disk_bytes(tmp_path, tmp_path) == 9318284 * 512
    assert writes.disk_bytes(tmp_path / "none", tmp_path) is None


def test_a_real_process_is_counted(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "with open(sys.argv[1], 'wb') as file:\n"
        "    file.write(b'x' * 262144); file.flush(); os.fsync(file.fileno())\n"
        "print('done', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "file")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        counted = writes.own_bytes([child.pid, 2**22 + 1])
    finally:
        child.communicate()
    if counted == 0:
        pytest.skip("this kernel or file system does not count what a process writes")
    assert counted >= 262_144


def test_a_day_at_one_pace() -> None:
    counted, pace = Writes(), Pace()
    for minute in range(26 * 60):
        pace = counted.take(minute * MB // 10, minute * 60.0)
    assert pace.mb_per_day == pytest.approx(144.0, rel=0.01)
    assert pace.idle_mb_per_day == pytest.approx(144.0, rel=0.01)
    assert 23 <= pace.hours <= 24
    assert pace.total_mb == pytest.approx(155.9)


def test_the_quietest_hour_is_the_idle_pace() -> None:
    counted, pace, total = Writes(), Pace(), 0
    for minute in range(0, 10 * 60, 5):
        total += 0 if 120 <= minute < 240 else MB
        pace = counted.take(total, minute * 60.0)
    assert pace.idle_mb_per_day == 0.0
    assert pace.mb_per_day is not None
    assert pace.mb_per_day > 200


def test_the_first_minutes_say_nothing_of_a_day() -> None:
    counted = Writes()
    assert counted.take(None, 0.0) == Pace()
    assert counted.take(9 * MB, 1.0).mb_per_day is None
    assert counted.take(9 * MB, 599.0).mb_per_day is None
    assert counted.take(9 * MB, 700.0).mb_per_day == 0.0


def test_another_disk_begins_anew() -> None:
    counted = Writes()
    counted.take(900 * MB, 0.0)
    counted.take(900 * MB, 1_000.0)
    assert counted.take(MB, 2_000.0) == Pace(hours=0.0, total_mb=1.0)


@given(st.lists(st.tuples(st.floats(0.1, 9_000.0), st.integers(0, 10**9)), max_size=60))
def test_whatever_is_counted_is_bounded_and_never_negative(readings: list[tuple[float, int]]) -> None:
    counted, now, total = Writes(), 0.0, 0
    for seconds, more in readings:
        now, total = now + seconds, total + more
        pace = counted.take(total, now)
        assert len(counted._samples) <= KEPT
        assert 0 <= pace.hours <= DAY_SECONDS / 3_600
        assert pace.mb_per_day is None or 0 <= pace.idle_mb_per_day <= pace.mb_per_day + 0.01  # type: ignore[operator]


# --- can it be written? -----------------------------------------------------------------------------------


class Attempts:
    """Counts, and does as it is told."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()
        self.count = 0
        self.work = True

    def __call__(self, folder: Path) -> bool:
        self.count += 1
        self.folders.add(folder)
        return self.work


def test_a_file_is_made_only_now_and_then(tmp_path: Path) -> None:
    attempts = Attempts()
    store = Store(tmp_path, attempts)
    assert all(store.writable(float(now)) for now in range(0, 3_600, 15))
    assert attempts.count == 3_600 / writes.TRY_SECONDS
    assert attempts.folders == {tmp_path}


def test_a_disk_that_fails_is_tried_more_often_and_found_mended(tmp_path: Path) -> None:
    attempts = Attempts()
    store = Store(tmp_path, attempts)
    attempts.work = False
    assert not store.writable(0.0)
    assert not store.writable(15.0)
    attempts.work = True
    assert store.writable(30.0)


def test_a_folder_that_is_gone_is_seen_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    store = Store(data)
    assert store.writable(0.0)
    data.rmdir()
    assert not store.writable(1.0)
    data.mkdir()
    assert store.writable(2.0)
    assert list(data.iterdir()) == []


def test_a_file_system_that_went_read_only_is_seen_at_once(tmp_path: Path) -> None:
    """A real mount, changed under our feet."""
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("mounting needs root")
    data = tmp_path / "data"
    data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", str(data)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    try:
        store = Store(data)
        assert store.writable(0.0)
        subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True, capture_output=True)
        assert not store.writable(1.0)
    finally:
        subprocess.run(["umount", str(data)], check=True)


def test_data_in_memory_is_not_kept_and_so_not_writable(tmp_path: Path) -> None:
    problem = tmp_path / "data"
    store = Store(tmp_path, lambda _: True, problem)
    assert store.writable(0.0)
    problem.write_text("the data partition cannot be used")
    assert not store.writable(1.0)
    problem.unlink()
    assert store.writable(2.0)
