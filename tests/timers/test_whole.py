"""A timer in a whole appliance: set by a sentence, and rung although the power went out before.

That it apologises when it is late is tested in virtual time (test_phrases, test_service).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.appliances import Running, next_note


class Home:
    """One appliance after the other in the same data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.running = self.start()

    def start(self) -> Running:
        self.running = Running(self.data, wake__engine="microwakeword")
        return self.running


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path / "data")
    await made.running.listening()
    yield made
    made.running.close()


async def test_a_timer_rings_says_its_name_and_is_stopped_by_a_sentence(home: Home) -> None:
    answer = await home.running.ask("set a tea timer for two seconds")
    assert "tea" in " ".join(answer["reply"]).lower()
    async with home.running.notes() as notes:
        said = await next_note(notes, "reply")
        assert "tea" in said.data["text"].lower()
    assert (await home.running.status())["timers"] == 1
    await home.running.ask("stop")
    await home.running.until(lambda status: status["timers"] == 0)


async def test_what_was_confirmed_rings_after_a_power_cut(home: Home) -> None:
    await home.running.ask("set a tea timer for two seconds")
    home.running.close(signal.SIGKILL)
    await asyncio.sleep(2.5)
    home.start()
    await home.running.listening()
    async with home.running.notes() as notes:
        said = await next_note(notes, "reply")
    assert "tea" in said.data["text"].lower()
