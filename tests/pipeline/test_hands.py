"""Deeds of a turn: at once, each with its own result, and none taken back."""

from __future__ import annotations

import asyncio

import pytest

from appliance.dialogue.events import DeedResult
from appliance.home.entities import House
from appliance.pipeline.hands import Hands
from appliance.wire.messages import Deed

SECONDS = 5.0
LIGHTS = Deed("light", "turn_on", ("light.a", "light.b"))
LOCK = Deed("lock", "lock", ("lock.door",))


class SlowHome:
    """Each deed waits until it is let through."""

    def __init__(self) -> None:
        self.begun: list[Deed] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.cancelled = 0

    def house(self) -> House:
        return House()

    async def perform(self, deed: Deed, granted: object = ()) -> list[DeedResult]:
        del granted
        self.begun.append(deed)
        gate = self.gates.setdefault(deed.domain, asyncio.Event())
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        done = deed.domain == "light"
        return [
            DeedResult(entity, entity.title(), done, done, "" if done else "it is jammed", 12.5)
            for entity in deed.entity_id
        ]

    async def let(self, domain: str) -> None:
        async with asyncio.timeout(SECONDS):
            while domain not in self.gates:
                await asyncio.sleep(0)
        self.gates[domain].set()


class Bench:
    def __init__(self) -> None:
        self.home = SlowHome()
        self.done: list[tuple[int, tuple[DeedResult, ...]]] = []
        self.hands = Hands(self.home)

    def start(self, turn: int, deeds: tuple[Deed, ...]) -> None:
        self.hands.start(deeds, lambda results: self.done.append((turn, results)))

    async def until_done(self, count: int) -> None:
        async with asyncio.timeout(SECONDS):
            while len(self.done) < count:
                await asyncio.sleep(0)


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_deeds_are_done_at_once_and_told_in_their_order(bench: Bench) -> None:
    bench.start(3, (LOCK, LIGHTS))
    await bench.home.let("light")
    assert bench.home.begun == [LOCK, LIGHTS], "the second does not wait for the first"
    assert bench.done == []
    await bench.home.let("lock")
    await bench.until_done(1)
    ((turn, results),) = bench.done
    assert turn == 3
    assert [(result.entity_id, result.done) for result in results] == [
        ("lock.door", False),
        ("light.a", True),
        ("light.b", True),
    ]


async def test_nothing_to_do_is_done(bench: Bench) -> None:
    bench.start(5, ())
    await bench.until_done(1)
    assert bench.done == [(5, ())]


async def test_turns_do_not_wait_for_each_other(bench: Bench) -> None:
    bench.start(1, (LOCK,))
    bench.start(2, (LIGHTS,))
    await bench.home.let("light")
    await bench.until_done(1)
    assert [turn for turn, _ in bench.done] == [2]
    await bench.home.let("lock")
    await bench.until_done(2)
    assert [turn for turn, _ in bench.done] == [2, 1]


async def test_close_waits_for_no_device(bench: Bench) -> None:
    bench.start(1, (LOCK, LIGHTS))
    async with asyncio.timeout(SECONDS):
        while len(bench.home.begun) < 2:
            await asyncio.sleep(0)
        bench.hands.close()
        while bench.hands._tasks:
            await asyncio.sleep(0)
    assert bench.home.cancelled == 2
    assert bench.done == []
