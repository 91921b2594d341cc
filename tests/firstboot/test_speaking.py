from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from appliance.control import Answer, ControlServer
from appliance.errors import ControlError
from appliance.firstboot.speaking import MAX_WAITING, Speaker, is_free
from appliance.tasks import end


def _nobody_watches(put: Callable[[Answer], None]) -> Callable[[], None]:
    del put
    return lambda: None


class Appliance:
    """A local socket that is told announcements."""

    def __init__(self, path: Path) -> None:
        self.heard: list[str] = []
        self.busy = 0
        self.server = ControlServer(path, {"announce": self._announce}, _nobody_watches)

    async def _announce(self, request: Answer) -> Answer:
        if self.busy:
            self.busy -= 1
            raise ControlError("too much waits to be said already")
        self.heard.append(str(request["text"]))
        return {"rooms": ["local"]}


@contextlib.contextmanager
def cards(folder: Path, *states: str) -> Iterator[Path]:
    for number, state in enumerate(states):
        path = folder / f"card{number}" / "pcm0p" / "sub0" / "status"
        path.parent.mkdir(parents=True)
        path.write_text(f"{state}\n")
    yield folder


@pytest.fixture
async def speaker(tmp_path: Path) -> AsyncIterator[Speaker]:
    found = Speaker(tmp_path / "run.sock", tmp_path / "no-cards", 0.02)
    task = asyncio.create_task(found.run())
    yield found
    await end(task)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_is_said_before_the_appliance_is_up_is_said_when_it_is(
    speaker: Speaker, tmp_path: Path
) -> None:
    speaker.say("one", "en")
    speaker.say("two", "en")
    await asyncio.sleep(0.1)
    appliance = Appliance(tmp_path / "run.sock")
    await appliance.server.start()
    await until(lambda: appliance.heard == ["one", "two"])
    await appliance.server.stop()


async def test_a_busy_appliance_is_asked_again(speaker: Speaker, tmp_path: Path) -> None:
    appliance = Appliance(tmp_path / "run.sock")
    appliance.busy = 2
    await appliance.server.start()
    speaker.say("one", "en")
    await until(lambda: appliance.heard == ["one"])
    await appliance.server.stop()


async def test_the_queue_is_bounded_and_says_nothing_twice(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path / "run.sock", tmp_path)
    for number in range(50):
        speaker.say(f"{number}", "en")
        speaker.say(f"{number}", "en")
    assert [text for _, text, _ in speaker._waiting] == [str(n) for n in range(50 - MAX_WAITING, 50)]
    speaker.forget()
    assert not speaker._waiting


@pytest.mark.parametrize(
    ("states", "free"),
    [((), False), (("closed",), True), (("closed", "closed"), True), (("closed", "state: RUNNING"), False)],
)
def test_a_card_is_free_when_nobody_plays(tmp_path: Path, states: tuple[str, ...], free: bool) -> None:
    with cards(tmp_path, *states) as folder:
        assert is_free(folder) == free
