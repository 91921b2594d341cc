"""A real child: its lines, its changes, its end."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.developing import watching
from appliance.developing.session import KEPT_FILES, Output, Session, new_file
from appliance.errors import ConfigError
from tests.appliances import alive, descendants

CHILD = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGHUP, lambda *_: print("took it over", flush=True))
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print('{"message": "born", "component": "stages.stt", "pid": %d}' % os.getpid(), flush=True)
def end(*_):
    grandchild.kill(); print("goodbye", flush=True); sys.exit(0)
if "stubborn" not in sys.argv:
    signal.signal(signal.SIGTERM, end)
if "dies" in sys.argv:
    grandchild.kill(); print("oh no", flush=True); sys.exit(3)
while True:
    time.sleep(600)
"""


class Held:
    """A session in this process, and what it shows."""

    def __init__(
        self, folder: Path, *arguments: str, must_restart: Callable[[], bool] = lambda: False
    ) -> None:
        self.code, self.settings = folder / "code", folder / "appliance.toml"
        self.code.mkdir()
        self.module = self.code / "module.py"
        self.module.touch()
        self.settings.touch()
        self.file = io.StringIO()
        self.terminal = io.StringIO()
        self.session = Session(
            [sys.executable, "-c", CHILD, *arguments], os.environ,
            Output(self.terminal, self.file, colours=True),
            lambda: watching.look(self.code, [self.settings]), must_restart,
        )  # fmt: skip
        self.task = asyncio.ensure_future(self.session.run())

    async def until(self, words: str, times: int = 1) -> None:
        async with asyncio.timeout(30):
            while self.file.getvalue().count(words) < times:
                if self.task.done():
                    self.task.result()
                await asyncio.sleep(0.02)

    async def end(self) -> int:
        assert threading.current_thread() is threading.main_thread()
        os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(30):
            return await self.task


async def test_one_interrupt_ends_all(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    held = Held(tmp_path)
    await held.until("born")
    assert len(descendants(os.getpid()) - before) == 2
    assert await held.end() == 0
    assert "goodbye" in held.file.getvalue(), "its last words are heard"
    assert alive(descendants(os.getpid()) - before) == []
    assert "\x1b[92mstt " in held.terminal.getvalue()
    assert "\x1b" not in held.file.getvalue()


async def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    held = Held(tmp_path, "stubborn")
    await held.until("born")
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0)
    assert await held.end() == 0
    assert alive(descendants(os.getpid()) - before) == []


async def test_changed_code_begins_anew(tmp_path: Path) -> None:
    held = Held(tmp_path)
    await held.until("born")
    held.module.write_text("changed")
    await held.until("changed: module.py; beginning anew")
    await held.until("born", 2)
    await held.end()


async def test_changed_settings_are_taken_over(tmp_path: Path) -> None:
    held = Held(tmp_path)
    await held.until("born")
    held.settings.write_text("changed")
    await held.until("took it over")
    assert held.file.getvalue().count("born") == 1
    await held.end()


async def test_settings_that_need_it_begin_anew(tmp_path: Path) -> None:
    held = Held(tmp_path, must_restart=lambda: True)
    await held.until("born")
    held.settings.write_text("changed")
    await held.until("born", 2)
    await held.end()


async def test_wrong_settings_are_said_and_nothing_ends(tmp_path: Path) -> None:
    def wrong() -> bool:
        raise ConfigError("mqtt.port: 'many' is no number")

    held = Held(tmp_path, must_restart=wrong)
    await held.until("born")
    held.settings.write_text("changed")
    await held.until("'many' is no number")
    await held.until("took it over")
    await held.end()


async def test_one_that_dies_waits_for_a_change(tmp_path: Path) -> None:
    held = Held(tmp_path, "dies")
    await held.until("it ended with 3")
    assert held.file.getvalue().index("oh no") < held.file.getvalue().index("it ended with 3")
    held.module.write_text("mended")
    await held.until("born", 2)
    await held.end()


def test_former_files_go(tmp_path: Path) -> None:
    begin = datetime(2026, 11, 21, tzinfo=UTC)
    for number in range(KEPT_FILES + 5):
        new_file(tmp_path / "dev", begin + timedelta(minutes=number)).write_text(str(number))
    kept = sorted(path.read_text() for path in (tmp_path / "dev").iterdir())
    assert len(kept) == KEPT_FILES
    assert "14" in kept
    assert "0" not in kept


@pytest.fixture(autouse=True)
def _signals():
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)
