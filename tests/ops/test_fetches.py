"""Fetches of models in processes of their own: one after another, followed, cancelled, survived."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Config
from appliance.errors import ControlError
from appliance.ops.fetches import MAX_WAITING, Fetch, Fetches, take

SECONDS = 20.0
GOOD = """
import json, sys
order = json.loads(sys.stdin.read())
name = order["names"][0]
print(json.dumps({"name": name, "done": 5, "total": 10}), flush=True)
print("noise", flush=True)
print(json.dumps({"fetched": [{"name": name}]}), flush=True)
"""
SLOW = """
import json, sys, time
sys.stdin.read()
print(json.dumps({"name": "x", "done": 1, "total": 0}), flush=True)
time.sleep(60)
"""


@pytest.fixture
async def made() -> AsyncIterator[Callable[[str], Fetches]]:
    all_made: list[Fetches] = []

    def make(program: str) -> Fetches:
        arrived: list[str] = []
        fetches = Fetches(Config, arrived.append, (sys.executable, "-c", program))
        fetches.arrived = arrived  # type: ignore[attr-defined]
        all_made.append(fetches)
        return fetches

    yield make
    for each in all_made:
        await each.close()


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not wanted():
            await asyncio.sleep(0.01)


async def test_one_after_another_each_followed(made: Callable[[str], Fetches]) -> None:
    fetches = made(GOOD)
    one, other = fetches.start("one"), fetches.start("other")
    assert other.state == "waiting"
    await until(lambda: len(fetches.arrived) == 2)  # type: ignore[attr-defined]
    assert (one.state, one.done_bytes, one.total_bytes) == ("done", 5, 10)
    assert fetches.arrived == ["one", "other"]  # type: ignore[attr-defined]
    assert [each["state"] for each in fetches.shown()] == ["done", "done"]


async def test_the_same_is_fetched_once(made: Callable[[str], Fetches]) -> None:
    fetches = made(SLOW)
    assert fetches.start("x") is fetches.start("x")


async def test_a_cancelled_one_makes_room(made: Callable[[str], Fetches]) -> None:
    fetches = made(SLOW)
    first, second = fetches.start("first"), fetches.start("second")
    await until(lambda: first.done_bytes == 1)
    fetches.cancel("first")
    await until(lambda: second.done_bytes == 1)
    assert first.state == "cancelled"
    fetches.cancel("second")
    await until(lambda: second.over)
    with pytest.raises(ControlError):
        fetches.cancel("second")


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("import sys; sys.exit(3)", "without a word"),
        ("print('x' * 200_000)", "without a word"),
        ("""print('{"error": "disk full", "hint": "remove something"}')""", "disk full"),
    ],
)
async def test_a_broken_one_says_so(made: Callable[[str], Fetches], program: str, word: str) -> None:
    fetch = made(program).start("x")
    await until(lambda: fetch.over)
    assert fetch.state == "failed"
    assert word in fetch.error


async def test_there_is_an_end_to_them(made: Callable[[str], Fetches]) -> None:
    fetches = made(SLOW)
    for number in range(MAX_WAITING):
        fetches.start(str(number))
    with pytest.raises(ControlError, match="already"):
        fetches.start("more")


async def test_a_program_that_is_not_there() -> None:
    fetches = Fetches(Config, argv=("/nowhere/python",))
    fetch = fetches.start("x")
    await until(lambda: fetch.over)
    assert "cannot be started" in fetch.error
    await fetches.close()


@given(
    st.binary()
    | st.dictionaries(st.text(max_size=6), st.none() | st.integers() | st.text()).map(msgspec.json.encode)
)
def test_no_line_breaks_it(line: bytes) -> None:
    fetch = Fetch("x", "running")
    take(fetch, line)
    assert fetch.state in {"running", "done", "failed"}
