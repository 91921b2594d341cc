"""A process beside the stages is kept running, and leaves with the appliance."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from appliance import companion
from appliance.companion import Companion

SECONDS = 20.0
MIB = 1024 * 1024
ECHO = "import sys, time; print('told', sys.stdin.read(), flush=True); time.sleep(60)"


@contextlib.asynccontextmanager
async def running(program: str, told: Callable[[], bytes] = lambda: b"") -> AsyncIterator[Companion]:
    made = Companion("helper", [sys.executable, "-c", program], told, 512 * MIB, log_level=logging.INFO)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not wanted():
            await asyncio.sleep(0.02)


async def test_it_is_told_and_what_it_says_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running(ECHO, lambda: b"the settings"):
        await until(lambda: "helper: told the settings" in caplog.text)


async def test_it_comes_back_when_it_is_killed() -> None:
    async with running(ECHO) as helper:
        await until(lambda: helper.pid is not None)
        first = helper.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: helper.pid not in {None, first})
        assert helper.restarts == 1
        await until(lambda: helper.trouble == "")


async def test_its_trouble_stands_while_it_is_tried_again() -> None:
    async with running("print('no room'); raise SystemExit(1)") as helper:
        await until(lambda: helper.trouble == "no room")
        tries = helper.restarts
        while helper.restarts < tries + 3:
            assert helper.trouble == "no room"
            await asyncio.sleep(0.01)


async def test_it_begins_when_what_goes_before_it_is_over() -> None:
    over = asyncio.Event()

    async def before() -> None:
        await over.wait()

    made = Companion("helper", [sys.executable, "-c", ECHO], lambda: b"", 512 * MIB, log_level=logging.INFO)
    await made.start(before)
    try:
        await asyncio.sleep(0)
        assert made.pid is None
        over.set()
        await until(lambda: made.pid is not None)
    finally:
        await made.stop()


async def test_stopped_before_its_turn_it_never_runs() -> None:
    async def before() -> None:
        await asyncio.Event().wait()

    made = Companion("helper", [sys.executable, "-c", ECHO], lambda: b"", 512 * MIB, log_level=logging.INFO)
    await made.start(before)
    async with asyncio.timeout(SECONDS):
        await made.stop()
    assert made.pid is None


async def test_asked_to_begin_anew_it_is_told_anew(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = [b"one"]
    async with running(ECHO, lambda: settings[0]) as helper:
        await until(lambda: "told one" in caplog.text)
        settings[0] = b"two"
        await helper.again()
        await until(lambda: "told two" in caplog.text)


async def test_what_it_said_last_is_the_trouble() -> None:
    async with running("print('port 8085 is taken'); raise SystemExit(1)") as helper:
        await until(lambda: helper.trouble == "port 8085 is taken")


async def test_a_program_that_is_not_there_is_trouble_too(tmp_path: Path) -> None:
    made = Companion("helper", [str(tmp_path / "none")], lambda: b"", 512 * MIB, log_level=logging.INFO)
    await made.start()
    await until(lambda: "cannot be started" in made.trouble)
    await made.stop()


async def test_nothing_is_left_not_even_of_one_that_ignores_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companion, "STOP_SECONDS", 0.3)
    stubborn = "import signal, time; signal.signal(15, 1); print('ready', flush=True); time.sleep(60)"
    async with running(stubborn) as helper:
        await until(lambda: helper.pid is not None)
        await asyncio.sleep(0.3)
        pid = helper.pid
        assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert helper.pid is None


async def test_its_memory_is_bounded() -> None:
    async with running("bytearray(1_000_000_000)") as helper:
        await until(lambda: "MemoryError" in helper.trouble)


async def test_a_flood_of_words_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running("print('x' * 200_000, flush=True); print('over', flush=True); input()") as helper:
        await until(lambda: "helper: over" in caplog.text)
        await until(lambda: helper.restarts > 0 or helper.pid is not None)
