"""Daily snapshots by a real process, with clocks that are right, wrong and moved."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.backup.inspecting import verify
from appliance.backup.making import file_name
from appliance.backup.snapshots import Snapshots, listed
from appliance.config.model import Config
from appliance.errors import ControlError
from tests.appliances import alive, descendants
from tests.backup.filled import NOW, PASSPHRASE, config_of, fill

LOOK_SECONDS = 0.05


@contextlib.asynccontextmanager
async def running(
    config: Config, now: datetime = NOW, synchronised: Callable[[], bool] = lambda: True
) -> AsyncIterator[Snapshots]:
    snapshots = Snapshots(
        config, synchronised=synchronised, wall=lambda: now, start_seconds=0.0, look_seconds=LOOK_SECONDS
    )
    await snapshots.start()
    try:
        yield snapshots
    finally:
        await snapshots.stop()
        await snapshots.stop()


async def until(wanted: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def old(folder: Path, when: datetime) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / file_name(when, sealed=False)
    path.write_bytes(b"old")
    return path


async def test_one_is_made_when_there_is_none(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    async with running(config_of(data)) as snapshots:
        await until(lambda: snapshots.last)
        assert snapshots.trouble == ""
    assert list(listed(data / "snapshots")) == [NOW]
    manifest = verify(listed(data / "snapshots")[NOW], "")
    assert "mosquitto/credentials.json" in manifest.left_out
    assert (data / "snapshots").stat().st_mode & 0o777 == 0o700


async def test_with_a_passphrase_and_retention(tmp_path: Path) -> None:
    data, to = fill(tmp_path / "data"), tmp_path / "disk"
    (data / "secret").write_text(f"{PASSPHRASE}\n")
    stale = [old(to, NOW - timedelta(days=number)) for number in range(1, 5)]
    stranger = to / "holiday.tar.gz"
    stranger.write_bytes(b"mine")
    settings = {"keep_daily": 2, "keep_weekly": 0, "keep_monthly": 0, "passphrase_file": "secret"}
    async with running(config_of(data, folder=str(to), **settings)) as snapshots:
        await until(lambda: snapshots.last)
        assert snapshots.last
        assert set(snapshots.last.removed) == {path.name for path in stale[1:]}
    newest = to / file_name(NOW, sealed=True)
    assert {path.name for path in to.iterdir()} == {newest.name, stale[0].name, stranger.name}
    assert verify(newest, PASSPHRASE).left_out == ()


async def test_none_while_the_last_is_fresh_or_when_switched_off(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    old(data / "snapshots", NOW - timedelta(hours=2))
    looked = []

    def synchronised() -> bool:
        looked.append(1)
        return True

    async with running(config_of(data), synchronised=synchronised):
        await until(lambda: len(looked) > 3)
    async with running(config_of(data, enabled=False), NOW + timedelta(days=9)) as snapshots:
        assert snapshots._task is None
    assert len(listed(data / "snapshots")) == 1


async def test_none_before_the_clock_is_right(tmp_path: Path) -> None:
    data, right = fill(tmp_path / "data"), []
    asked = []

    def synchronised() -> bool:
        asked.append(1)
        return bool(right)

    async with running(config_of(data), datetime(1970, 1, 1, tzinfo=UTC), synchronised) as snapshots:
        await until(lambda: len(asked) > 3)
        assert not (data / "snapshots").exists()
        right.append(1)
        await until(lambda: snapshots.last)


async def test_a_jumping_clock_does_not_fill_the_disk(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    jumps = iter(range(1_000))
    snapshots = Snapshots(
        config_of(data), synchronised=lambda: True, start_seconds=0.0, look_seconds=LOOK_SECONDS,
        wall=lambda: NOW + timedelta(days=2 * next(jumps)),
    )  # fmt: skip
    await snapshots.start()
    await until(lambda: snapshots.last)
    await asyncio.sleep(10 * LOOK_SECONDS)
    await snapshots.stop()
    assert len(listed(data / "snapshots")) == 1


async def test_trouble_is_told(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    taken = await Snapshots(config_of(data, folder=str(tmp_path / "unmounted")), wall=lambda: NOW).take()
    assert "is not there" in taken.error
    assert taken.hint == "is its disk mounted?"
    assert not (tmp_path / "unmounted").exists()
    snapshots = Snapshots(config_of(data, passphrase_file="none"), wall=lambda: NOW)
    await snapshots.take()
    assert "none cannot be read" in snapshots.trouble


async def test_stopping_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    data, to = fill(tmp_path / "data"), tmp_path / "disk"
    to.mkdir()
    before = set(descendants(os.getpid()))
    async with running(config_of(data, folder=str(to))):
        # On a slow day it is over before anybody looked: then nothing may be left either.
        await until(lambda: list(data.glob(".backup-*")) or listed(to))
    assert alive(sorted(set(descendants(os.getpid())) - before)) == []
    for path in listed(to).values():
        verify(path, "")


@pytest.mark.parametrize("name", ["notes.txt", "appliance-2026.tar.gz", ".appliance-1-x.tar.gz.partial"])
def test_other_files_are_not_snapshots(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert listed(tmp_path) == {}


async def test_requests_over_the_socket(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    handlers = Snapshots(config_of(data), wall=lambda: NOW).handlers()
    made = await handlers["backup_take"]({})
    listed_now = await handlers["backup_list"]({})
    assert listed_now == {"snapshots": [made["path"]], "trouble": "", "offsite_trouble": ""}
    with pytest.raises(ControlError, match="already there") as caught:
        await handlers["backup_take"]({})
    assert caught.value.hint


async def test_the_start_is_left_in_peace(tmp_path: Path) -> None:
    data, asked = fill(tmp_path / "data"), []
    snapshots = Snapshots(
        config_of(data), synchronised=lambda: not asked.append(1), start_seconds=60.0, look_seconds=0.001
    )
    await snapshots.start()
    await asyncio.sleep(0.1)
    await snapshots.stop()
    assert asked == []
