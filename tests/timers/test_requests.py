"""Timers over the local socket: what is shown, set, cancelled, silenced, and refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.control import Handler
from appliance.errors import ControlError
from appliance.timers.requests import TimerRequests
from tests.timers.virtual import Home


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def handlers(home: Home) -> dict[str, Handler]:
    assert home.timers is not None
    return TimerRequests(home.timers).handlers()


async def test_set_list_cancel(handlers: dict[str, Handler]) -> None:
    answer = await handlers["timer_set"]({"text": "10 minutes for pasta", "room": "kitchen"})
    assert answer["answer"] == "Pasta timer set for 10 minutes."
    shown = {
        "id": 1, "kind": "timer", "state": "running", "name": "pasta timer", "room": "kitchen",
        "at": "", "zone": "", "days": [], "left_s": 600.0,
    }  # fmt: skip
    assert answer["timers"] == [shown]
    await handlers["timer_set"]({"text": "wake me at 7 tomorrow"})
    listed = (await handlers["timers"]({}))["timers"]
    assert [(timer["id"], timer["name"], timer["room"]) for timer in listed] == [
        (1, "pasta timer", "kitchen"),
        (2, "alarm for 7 AM tomorrow", "local"),
    ]
    assert await handlers["timer_cancel"]({"id": 1}) == {"answer": "Pasta timer cancelled."}
    assert await handlers["timer_cancel"]({"id": "all"}) == {"answer": "Alarm for 7 AM tomorrow cancelled."}
    assert await handlers["timers"]({}) == {"timers": []}


async def test_stop(home: Home, handlers: dict[str, Handler]) -> None:
    await handlers["timer_set"]({"text": "1 minute", "room": "kitchen"})
    await home.later(60)
    assert await handlers["timer_stop"]({"room": "bath"}) == {"stopped": False}
    assert await handlers["timer_stop"]({}) == {"stopped": True}
    assert home.rooms.sounding == {}


@pytest.mark.parametrize(
    ("do", "request_"),
    [
        ("timer_set", {}),
        ("timer_set", {"text": ""}),
        ("timer_set", {"text": "x" * 400}),
        ("timer_set", {"text": "turn on the light"}),
        ("timer_set", {"text": "cancel all timers"}),
        ("timer_set", {"text": "set a timer"}),
        ("timer_set", {"text": "1 minute", "room": 3}),
        ("timer_set", {"text": "1 minute", "room": "x" * 100}),
        ("timer_cancel", {}),
        ("timer_cancel", {"id": True}),
        ("timer_cancel", {"id": "some"}),
        ("timer_cancel", {"id": 5}),
        ("timer_stop", {"room": ["a"]}),
    ],
)
async def test_refusals(handlers: dict[str, Handler], do: str, request_: dict[str, object]) -> None:
    with pytest.raises(ControlError):
        await handlers[do](request_)
    assert await handlers["timers"]({}) == {"timers": []}
