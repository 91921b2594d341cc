"""Wear, space, temperature and writes, put together."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec

from appliance.observe.machine import Machine
from appliance.observe.storage import StorageWatch
from appliance.observe.wear import Drive, Storage

MB = 1_000_000


def counted(root: Path, data: Path, number: int) -> None:
    """The kernel says that so many bytes were written."""
    device = data.stat().st_dev
    folder = root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stat").write_text(f"1 2 3 4 5 6 {number // 512} 8 9 10 11\n")


def test_what_is_seen_is_told(tmp_path: Path) -> None:
    data, probed = tmp_path / "data", tmp_path / "storage.json"
    data.mkdir()
    watch = StorageWatch(data, tmp_path, probed)
    cool = Machine(temperature_c=50.0, disk_free_mb=900.0)
    watch.take(cool, 0.0)
    assert watch.status() == {
        "writable": True,
        "written": {"mb_per_day": None, "idle_mb_per_day": None, "hours": 0.0, "total_mb": None},
        "drives": [],
        "problems": [],
    }
    probed.write_bytes(msgspec.json.encode(Storage(1.0, (Drive("sda", "ata", passed=False),))))
    counted(tmp_path, data, 0)
    watch.take(cool, 15.0)
    counted(tmp_path, data, 512 * MB)
    watch.take(cool, 43_215.0)
    status = watch.status()
    assert status["written"]["mb_per_day"] == 1_024.0
    assert status["written"]["total_mb"] == 512.0
    assert [problem["name"] for problem in status["problems"]] == ["disk"]
    assert status["drives"] == [{"name": "sda", "kind": "ata", "passed": False}]
    assert json.dumps(status)


def test_data_that_is_gone(tmp_path: Path) -> None:
    watch = StorageWatch(tmp_path / "none", tmp_path, tmp_path / "storage.json")
    watch.take(Machine(), 0.0)
    assert not watch.writable
    assert watch.status()["problems"] == []


def test_heat_and_a_full_disk_are_problems_when_they_stay(tmp_path: Path) -> None:
    watch = StorageWatch(tmp_path, tmp_path, tmp_path / "storage.json")
    bad = Machine(temperature_c=95.0, disk_free_mb=10.0)
    for now in range(0, 615, 15):
        watch.take(bad, float(now))
    assert {notice.name for notice in watch.notices if notice.on} == {"space", "temperature"}
