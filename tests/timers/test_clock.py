"""The machine's own clocks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from appliance.timers import clock
from appliance.timers.clock import SystemClock, clock_synchronised, system_zone


def test_a_reading() -> None:
    one, other = SystemClock(lambda: True).now(), SystemClock(lambda: False).now()
    assert abs(one.wall_s - time.time()) < 60
    assert (one.trusted, other.trusted) == (True, False)
    assert one.boot_id == other.boot_id == clock.BOOT_ID.read_text().strip()
    assert 0 < one.boot_s <= other.boot_s
    assert other.boot_s >= time.monotonic() - 60


def test_the_marker_of_timesyncd_is_enough(tmp_path: Path) -> None:
    marker = tmp_path / "synchronized"
    without = clock_synchronised(marker)
    marker.touch()
    assert clock_synchronised(marker)
    assert without is clock._kernel_synchronised()


def test_a_kernel_without_boot_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "BOOT_ID", tmp_path / "none")
    assert clock.boot_id() != clock.boot_id()


@pytest.mark.parametrize(
    ("target", "zone"),
    [("/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"), ("../zoneinfo/UTC", "UTC"), ("/etc/odd", "UTC")],
)
def test_the_zone_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, zone: str
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    link = tmp_path / "localtime"
    assert system_zone(link) == "UTC"
    link.symlink_to(target)
    assert system_zone(link) == zone
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert system_zone(link) == "Asia/Tokyo"


async def test_waiting() -> None:
    event = asyncio.Event()
    await SystemClock().wait(event, 0.0)
    assert not event.is_set()
    asyncio.get_running_loop().call_soon(event.set)
    await SystemClock().wait(event, None)
    assert event.is_set()
