"""A timer by its length, over the local socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.control import Handler
from appliance.errors import ControlError
from appliance.timers.starting import MAX_SECONDS, StartRequests
from tests.timers.virtual import Home


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def start(home: Home) -> Handler:
    assert home.timers is not None
    return StartRequests(home.timers).handlers()["timer_start"]


async def test_it_is_set_and_rings(home: Home, start: Handler) -> None:
    told = await start({"seconds": 90, "name": "pasta", "room": "kitchen"})
    assert told == {"answer": "Pasta timer set for 1 minute and 30 seconds.", "id": 1}
    await home.later(90)
    assert home.rooms.sounding == {1: "kitchen"}


async def test_without_a_name_it_rings_here(home: Home, start: Handler) -> None:
    await start({"seconds": 1.5})
    assert home.timers is not None
    (timer,) = home.timers.list()
    assert (timer.room, timer.label, timer.duration_s) == ("local", "", 1.5)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"seconds": 0},
        {"seconds": True},
        {"seconds": "90"},
        {"seconds": MAX_SECONDS + 1},
        {"seconds": float("nan")},
        {"seconds": 5, "name": 7},
        {"seconds": 5, "name": "x" * 100},
        {"seconds": 5, "name": "a\x1b[2J"},
        {"seconds": 5, "room": ["a"]},
    ],
)
async def test_refusals(home: Home, start: Handler, request_: dict[str, object]) -> None:
    with pytest.raises(ControlError):
        await start(request_)
    assert home.timers is not None
    assert not home.timers.list()
