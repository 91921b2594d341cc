"""One deadline at a time, and ticks only while somebody waits."""

from __future__ import annotations

import asyncio

from appliance.pipeline.clockwork import Clockwork


async def test_only_the_latest_deadline_counts() -> None:
    late: list[float] = []
    loop = asyncio.get_running_loop()
    work = Clockwork(lambda: late.append(loop.time()), lambda: None)
    now = loop.time()
    work.arm(now + 0.01, None)
    work.arm(now + 0.05, None)
    await asyncio.sleep(0.1)
    assert len(late) == 1
    assert late[0] >= now + 0.049
    work.arm(loop.time() + 0.01, None)
    work.arm(None, None)
    work.arm(loop.time() + 0.01, 0.01)
    work.end()
    await asyncio.sleep(0.05)
    assert len(late) == 1


async def test_ticks_begin_after_a_while_and_end() -> None:
    ticks: list[int] = []
    work = Clockwork(lambda: None, lambda: ticks.append(1))
    work.arm(None, 0.01)
    await asyncio.sleep(0.05)
    work.arm(None, None)
    assert ticks
    before = len(ticks)
    await asyncio.sleep(0.05)
    assert len(ticks) == before
