"""What goes into the figures of the day."""

from __future__ import annotations

import asyncio

import pytest

from appliance.control import ControlClient, ControlServer
from appliance.errors import ControlError
from appliance.observe.daily import Daily, figures
from appliance.observe.machine import Machine
from appliance.observe.requests import DayRequests
from tests.controlled import stage
from tests.observe.test_steps import notes

STATUS = {"stages": [stage("stt", memory_mb=120.5), stage("llm", memory_mb=None)]}
MACHINE = Machine(
    temperature_c=51.0, memory_percent=40.0, memory_mb=1600.0, load=0.7, memory_pressure_percent=0.1
)


class Clock:
    def __init__(self) -> None:
        self.now = 60.0

    def __call__(self) -> float:
        return self.now


def test_machine_and_stages() -> None:
    found = dict(figures(STATUS, MACHINE, {"stt": 2.5}))
    assert {name: (each.value, each.unit) for name, each in found.items()} == {
        "memory_mb": (1600.0, "MB"),
        "memory_percent": (40.0, "%"),
        "load": (0.7, ""),
        "temperature_c": (51.0, "°C"),
        "pressure_percent": (0.1, "%"),
        "disk_free_mb": (None, "MB"),
        "memory_mb.stt": (120.5, "MB"),
        "pressure_percent.stt": (2.5, "%"),
        "memory_mb.llm": (None, "MB"),
    }


def test_the_latency_of_the_turns_of_each_minute() -> None:
    clock = Clock()
    daily = Daily(clock, lambda: 1_000_000.0)
    daily.take(STATUS, MACHINE, {})
    clock.now = 120.0
    for note in notes():
        daily.note(note)
    daily.lag(0.25)
    daily.lag(0.1)
    daily.take(STATUS, MACHINE, {})
    clock.now = 200.0
    daily.take(STATUS, MACHINE, {})
    series = daily.day().series
    for name in ("first_audio_p50_ms", "first_audio_p95_ms"):
        before, during, after = series[name].values
        assert (before, after) == (None, None)
        assert during is not None
        assert during > 0
    assert series["loop_lag_ms"].values == [0.0, 250.0, 0.0]
    assert "disk_free_mb" not in series


async def test_it_looks_by_itself_until_it_is_cancelled() -> None:
    daily, looks = Daily(), asyncio.Event()

    async def look() -> tuple[dict[str, object], Machine, dict[str, float]]:
        looks.set()
        return dict(STATUS), MACHINE, {}

    task = asyncio.create_task(daily.run(look, 0.01))
    async with asyncio.timeout(10):
        await looks.wait()
        while not daily.day().series:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_the_socket_tells(tmp_path) -> None:
    daily = Daily()
    daily.take(STATUS, MACHINE, {})
    server = ControlServer(tmp_path / "c.sock", DayRequests(daily).handlers(), lambda _: lambda: None)
    await server.start()
    try:
        async with ControlClient(tmp_path / "c.sock") as client:
            told = await client.ask("health_history", every=5)
            assert told["step_seconds"] == 300
            assert told["series"]["memory_mb.stt"] == {"unit": "MB", "values": [120.5]}
            for every in (0, 61, True, "x", 1.5):
                with pytest.raises(ControlError, match="minutes"):
                    await client.ask("health_history", every=every)
    finally:
        await server.stop()


async def test_a_full_day_of_everything_fits_an_answer(tmp_path) -> None:
    clock = Clock()
    daily = Daily(clock)
    many = {"stages": [stage(f"stage{number}", memory_mb=123.456 + number) for number in range(12)]}
    pressures = {f"stage{number}": 12.345 for number in range(12)}
    for minute in range(1440):
        clock.now = minute * 60.0
        daily.take(many, MACHINE, pressures)
    server = ControlServer(tmp_path / "c.sock", DayRequests(daily).handlers(), lambda _: lambda: None)
    await server.start()
    try:
        async with ControlClient(tmp_path / "c.sock") as client:
            told = await client.ask("health_history")
            assert {len(each["values"]) for each in told["series"].values()} == {1440}
    finally:
        await server.stop()
